#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

using protocol::ErrorCode;

Attempt run(Session& session, const protocol::Broadcast& broadcast, std::string_view id) {
  SessionHost& host = session.context().host;
  const auto slot = host.find(session, broadcast.room_id);
  const room::RoomSettings& settings = host.settings_of(broadcast.room_id);
  if (!slot && !settings.publish_from_outside) {
    return refuse(session, ErrorCode::kNotJoined, "join the room before broadcasting to it", broadcast.room_id, id);
  }
  if (!slot && session.user_id().empty()) {
    return refuse(session, ErrorCode::kBadRequest, kNoUser, broadcast.room_id, id);
  }
  protocol::Broadcast complete = broadcast;
  complete.echo = broadcast.echo.value_or(settings.echo);
  if (!id.empty()) session.owed().expect_ack(broadcast.room_id, id);  // it may come before `ask` returns
  if (host.ask(session, AskBroadcast{slot, complete}, id) == Attempt::kBusy) {
    if (!id.empty()) session.owed().expect_no_ack(broadcast.room_id, id);
    return Attempt::kBusy;
  }
  session.context().stats.publishes.add();
  return Attempt::kDone;  // what follows need not wait for the commit: one connection's publishes stay in order
}

}  // namespace switchboard::session::commands
