#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

using protocol::ErrorCode;

Attempt run(Session& session, const protocol::Join& join, std::string_view id) {
  if (session.awaits_ack()) return Attempt::kBusy;  // it may be in the room already, and answers come in order
  if (session.user_id().empty()) {
    if (join.user_id.empty()) {
      return refuse(session, ErrorCode::kBadRequest,
                    "`user_id` is missing: the first join of a connection names its user", join.room_id, id);
    }
  } else if (!join.user_id.empty() && join.user_id != session.user_id()) {
    return refuse(session, ErrorCode::kUserMismatch, "this connection belongs to another user; open a second one",
                  join.room_id, id);
  }
  const bool is_member = session.context().host.find(session, join.room_id).has_value();
  if (!is_member && session.memberships().size() >= session.context().settings.rooms_per_connection_max) {
    return refuse(session, ErrorCode::kLimitReached, "this connection is in as many rooms as it may be", join.room_id,
                  id);
  }
  // The user is named once and for all by the first join that was not refused here.
  if (session.user_id().empty()) session.set_user_id(join.user_id);
  return session.context().host.join(session, join.room_id, id);
}

}  // namespace switchboard::session::commands
