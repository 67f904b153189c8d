// What a request to the API asks for: read from its path, its query and its body, and checked. Who asks, and what
// becomes of it, is not known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/keys.h"
#include "api/message.h"
#include "api/problem.h"
#include "api/target.h"
#include "base/seq.h"
#include "base/time.h"
#include "http/request.h"

namespace switchboard::api {

// Each with the scope it needs.
struct PublishOne {
  static constexpr Scope kScope = Scope::kPublish;
  Message message;
};
struct PublishBatch {
  static constexpr Scope kScope = Scope::kPublish;
  std::vector<Message> messages;  // 1 to kBatchMessagesMax
  std::string content = {};       // of all of them, which then have none; "": each has its own
};
struct ReadHistory {
  static constexpr Scope kScope = Scope::kRead;
  std::string room_id;
  std::optional<Seq> before, after;
  std::uint32_t limit = 50;
};
struct ReadPresence {
  static constexpr Scope kScope = Scope::kRead;
  std::string room_id;
  std::string next;
  std::uint32_t limit = 100;
};
struct ReadRooms {
  static constexpr Scope kScope = Scope::kRead;
  std::string prefix;
  std::string after;  // "": from the first one on
  std::uint32_t limit = 100;
};
struct ReadConnections {
  static constexpr Scope kScope = Scope::kAdmin;
  std::string user_id;
  std::uint32_t limit = 100;
};
/// All connections of the user join the room, or leave it.
struct JoinUser {
  static constexpr Scope kScope = Scope::kAdmin;
  std::string user_id;
  std::string room_id;
};
struct LeaveUser {
  static constexpr Scope kScope = Scope::kAdmin;
  std::string user_id;
  std::string room_id;
};
struct Disconnect {
  static constexpr Scope kScope = Scope::kAdmin;
  std::string user_id;
};
struct Revoke {
  static constexpr Scope kScope = Scope::kAdmin;
  std::string user_id;
  std::string token_id;                     // "": all of the user's tokens ...
  std::optional<UnixMillis> issued_before;  // ... that were made before; none: before now
};
struct ListWebhooks {
  static constexpr Scope kScope = Scope::kAdmin;
};
struct ControlWebhook {
  static constexpr Scope kScope = Scope::kAdmin;
  enum class Action : std::uint8_t { kPause, kResume, kReplay, kTest };
  std::string name;
  Action action{};
  UnixMillis since = 0;  // of kReplay
};
/// Of tokens for one room.
struct RevokeRoom {
  static constexpr Scope kScope = Scope::kAdmin;
  std::string room_id;
  std::string user_id;  // "": everybody
};
struct ServerInfo {
  static constexpr Scope kScope = Scope::kRead;
};
struct OpenApi {};  // for everybody

using Operation =
    std::variant<JoinUser, LeaveUser, ReadConnections, PublishOne, PublishBatch, ReadHistory, ReadPresence, ReadRooms,
                 Disconnect, Revoke, RevokeRoom, ListWebhooks, ControlWebhook, ServerInfo, OpenApi>;

/// The scope that a route needs; none: it is for everybody.
std::optional<Scope> scope_of(Route route);

/// `body`: "" where none is taken. 400 for what is not JSON or not of that shape, 413 for
/// a content that is too large, 415 for a body that says that it is something else than JSON.
std::expected<Operation, Problem> read_operation(const Target& target, const http::Request& request,
                                                 std::string_view body, const BodyLimits& limits);

}  // namespace switchboard::api
