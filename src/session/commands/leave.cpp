#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

Attempt run(Session& session, const protocol::Leave& leave, std::string_view id) {
  std::string scratch;
  const auto slot = session.find_joined(own_room_id(leave.room_id, session.user_id(), scratch));
  if (!slot) {
    return refuse(session, protocol::ErrorCode::kNotJoined, "this connection is not in the room", leave.room_id, id);
  }
  session.context().host.leave(session, *slot);
  session.context().stats.leaves.add();
  session.send(protocol::Left{.room_id = leave.room_id, .id = id});
  return Attempt::kDone;
}

}  // namespace switchboard::session::commands
