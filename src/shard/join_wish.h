// What a join asks for besides membership, kept by the asking shard until the room's home has answered. A plain join
// has none.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/command.h"
#include "shard/replay_start.h"

namespace switchboard::shard {

struct JoinWish {
  JoinWish() = default;
  explicit JoinWish(const protocol::Join& join)
      : has_since(join.since.has_value()),
        since(join.since ? join.since->seq : Seq{}),
        since_epoch(join.since ? join.since->epoch : std::string_view{}),
        last(join.last),
        presence(join.presence),
        info(join.info) {}

  /// The part about the past; a view of this.
  ReplayWish replay() const {
    ReplayWish wish{.since = std::nullopt, .last = last};
    if (has_since) wish.since = protocol::Since{.seq = since, .epoch = since_epoch};
    return wish;
  }
  /// The client knows v1, as it has said by asking.
  bool opts_in() const { return has_since || last > 0 || presence; }

  bool has_since = false;
  Seq since;
  std::string since_epoch;
  std::uint32_t last = 0;
  bool presence = false;
  std::string info;  // JSON text
};

}  // namespace switchboard::shard
