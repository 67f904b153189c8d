#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

using protocol::ErrorCode;

Attempt run(Session& session, const protocol::History& history, std::string_view id) {
  std::string scratch;
  protocol::History own = history;
  own.room_id = own_room_id(history.room_id, session.user_id(), scratch);
  const auto slot = session.find_joined(own.room_id);
  if (!slot) return refuse(session, ErrorCode::kNotJoined, "join the room to read its history", history.room_id, id);
  SessionHost& host = session.context().host;
  if (!host.settings_of(own.room_id).history) {
    return refuse(session, ErrorCode::kHistoryUnavailable, "this room keeps no history", history.room_id, id);
  }
  session.owed().begin_query();  // its answer may come before `ask` returns
  if (host.ask(session, AskHistory{*slot, own}, id) == Attempt::kBusy) {
    session.owed().end_query();
    return Attempt::kBusy;
  }
  session.context().stats.history_queries.add();
  return Attempt::kDone;  // commands that need not wait for the answer go on
}

}  // namespace switchboard::session::commands
