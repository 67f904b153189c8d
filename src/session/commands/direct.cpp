#include "protocol/user_room.h"
#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

using protocol::ErrorCode;

Attempt run(Session& session, const protocol::Direct& direct, std::string_view id) {
  if (session.user_id().empty()) return refuse(session, ErrorCode::kBadRequest, kNoUser, {}, id);
  if (session.context().settings.direct == DirectPolicy::kNone) {
    return refuse(session, ErrorCode::kForbidden, "this server takes no direct messages", {}, id);
  }
  // As for a broadcast, whose room is here the user's.
  const std::string room_id = protocol::user_room_of(direct.user_id);
  if (!id.empty()) session.owed().expect_ack(room_id, id);
  if (session.context().host.ask(session, AskDirect{direct}, id) == Attempt::kBusy) {
    if (!id.empty()) session.owed().expect_no_ack(room_id, id);
    return Attempt::kBusy;
  }
  session.context().stats.directs.add();
  return Attempt::kDone;
}

}  // namespace switchboard::session::commands
