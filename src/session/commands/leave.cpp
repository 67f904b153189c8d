#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

Attempt run(Session& session, const protocol::Leave& leave, std::string_view id) {
  SessionHost& host = session.context().host;
  const auto slot = host.find(session, leave.room_id);
  if (!slot) {
    return refuse(session, protocol::ErrorCode::kNotJoined, "this connection is not in the room", leave.room_id, id);
  }
  if (session.awaits_ack()) return Attempt::kBusy;  // `left` comes behind the answers to what was sent before
  host.leave(session, *slot);
  session.context().stats.leaves.add();
  session.send(protocol::Left{.room_id = leave.room_id, .id = id});
  return Attempt::kDone;
}

}  // namespace switchboard::session::commands
