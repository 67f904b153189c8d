#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

using protocol::ErrorCode;

Attempt run(Session& session, const protocol::Presence& presence, std::string_view id) {
  const auto slot = session.find_joined(presence.room_id);
  if (!slot) {
    return refuse(session, ErrorCode::kNotJoined, "join the room to be told who is in it", presence.room_id, id);
  }
  SessionHost& host = session.context().host;
  if (!host.settings_of(presence.room_id).presence) {
    return refuse(session, ErrorCode::kForbidden, "who is in this room is not told", presence.room_id, id);
  }
  session.owed().begin_query();
  if (host.ask(session, AskPresence{*slot, presence}, id) == Attempt::kBusy) {
    session.owed().end_query();
    return Attempt::kBusy;
  }
  session.context().stats.presence_queries.add();
  return Attempt::kDone;
}

}  // namespace switchboard::session::commands
