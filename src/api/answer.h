// What the API answers when it has done what it was asked, as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/seq.h"
#include "base/time.h"
#include "protocol/error.h"
#include "protocol/push.h"

namespace switchboard::api {

/// How one publish ended.
struct Outcome {
  std::optional<protocol::ErrorCode> refusal;  // none: it is committed
  Seq seq;
  std::string epoch;
  UnixMillis ts = 0;
  bool is_duplicate = false;
};

/// {"seq":42,"epoch":"k3","ts":...}, with "duplicate":true for a repetition. Not of a refused one.
void append_outcome(std::string& out, const Outcome& outcome);
/// {"results":[{...},{"error":{"code":"...","detail":"..."}}]}, in the order of the messages.
std::string batch_answer(const std::vector<Outcome>& outcomes);
/// {"room_id":...,"epoch":...,"messages":[...],"more":...}; each message as members get it.
std::string history_answer(const protocol::HistoryPage& page);
/// One room of a list.
struct RoomCount {
  std::string_view room_id;
  std::uint64_t connections = 0;
};

/// {"rooms":[{"room_id":...,"connections":...}],"next":...}; an empty `next` is left out.
std::string rooms_answer(std::span<const RoomCount> rooms, std::string_view next);
/// One connection of a list.
struct ConnectionInfo {
  std::string_view connection_id;
  std::string_view address;
  UnixMillis since = 0;
  std::string_view listener;
  std::uint32_t rooms = 0;
};

/// {"connections":[{"conn_id":...,"address":...,"since":...,"listener":...,"rooms":...}],"more":...}.
std::string connections_answer(std::span<const ConnectionInfo> connections, bool more);
/// {"room_id":...,"count":...,"users":[{"user_id":...,"connections":...,"info":...}],"next":...}.
std::string presence_answer(const protocol::PresenceList& list);

}  // namespace switchboard::api
