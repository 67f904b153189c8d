// Where a member's cursor opens in a room with history, and what its client is told of that. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/seq.h"
#include "protocol/command.h"
#include "protocol/push.h"

namespace switchboard::shard {

/// What a join asks of the past.
struct ReplayWish {
  std::optional<protocol::Since> since;
  std::uint32_t last = 0;

  bool is_none() const { return !since && last == 0; }
};

struct ReplayStart {
  Seq cursor;  // `head_last.next()` when nothing is to be sent
  protocol::Recovery recovery = protocol::Recovery::kNotAsked;
};

/// `head_first`, `head_last`, `epoch`: of the room, as in broker::Head.
ReplayStart replay_start(const ReplayWish& wish, Seq head_first, Seq head_last, std::string_view epoch);

}  // namespace switchboard::shard
