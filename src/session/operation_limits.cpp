#include "session/operation_limits.h"

#include <string_view>
#include <variant>

#include "base/overloaded.h"
#include "session/access.h"
#include "session/session.h"

namespace switchboard::session {
namespace {

using room::Operation;

/// What a command counts as, and in which room; "": in none whose namespace could have a limit for it.
struct Counted {
  Operation operation;
  std::string_view room_id;
};

std::optional<Counted> counted_as(const protocol::Command& command) {
  using Result = std::optional<Counted>;
  return std::visit(
      Overloaded{[](const protocol::Join& join) -> Result { return Counted{Operation::kJoin, join.room_id}; },
                 [](const protocol::Broadcast& broadcast) -> Result {
                   return Counted{Operation::kPublish, broadcast.room_id};
                 },
                 // A message to the room of a user, whoever that is.
                 [](const protocol::Direct&) -> Result { return Counted{Operation::kDirect, room::kUserRooms}; },
                 [](const protocol::History&) -> Result { return Counted{Operation::kHistory, {}}; },
                 [](const protocol::Presence&) -> Result { return Counted{Operation::kPresence, {}}; },
                 // Of these only `limits.messages_per_second` counts.
                 [](const protocol::Leave&) -> Result { return std::nullopt; },
                 [](const protocol::Auth&) -> Result { return std::nullopt; },
                 [](const protocol::Ping&) -> Result { return std::nullopt; }},
      command.body);
}

}  // namespace

std::optional<OperationLimits> limits_of(const Session& session, const protocol::Command& command) {
  const auto counted = counted_as(command);
  if (!counted) return std::nullopt;
  const SessionHost& host = session.context().host;
  OperationLimits limits{.operation = counted->operation, .connection = rate_of(session, counted->operation)};
  limits.user = session.context().settings.rate.user_operations[counted->operation];
  if (!counted->room_id.empty() && host.has_room_rates()) {
    const room::RoomSettings& room = host.settings_of(counted->room_id);
    limits.room = counted->operation == Operation::kJoin ? room.joins : room.publishes;
    limits.namespace_hash = room.namespace_hash;
  }
  return limits.any() ? std::optional(limits) : std::nullopt;
}

}  // namespace switchboard::session
