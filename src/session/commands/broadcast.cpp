#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

Attempt run(Session& session, const protocol::Broadcast& broadcast, std::string_view id) {
  SessionHost& host = session.context().host;
  const auto slot = host.find(session, broadcast.room_id);
  if (!slot) {
    return refuse(session, protocol::ErrorCode::kNotJoined, "join the room before broadcasting to it",
                  broadcast.room_id, id);
  }
  if (!id.empty()) session.expect_ack(broadcast.room_id, id);  // it may come before `publish` returns
  if (host.publish(session, *slot, broadcast, id) == Attempt::kBusy) {
    if (!id.empty()) session.expect_no_ack(broadcast.room_id, id);
    return Attempt::kBusy;
  }
  session.context().stats.publishes.add();
  return Attempt::kDone;  // what follows need not wait for the commit: one connection's publishes stay in order
}

}  // namespace switchboard::session::commands
