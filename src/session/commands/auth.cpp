#include "base/assert.h"
#include "session/access.h"
#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {
namespace {

using protocol::ErrorCode;
using room::Right;

/// Leaves the rooms that the client may not be in any more, and says so. A room whose comings and goings it is told of
/// and may not be told of any more is left, too: silence would look like nobody coming.
void leave_forbidden_rooms(Session& session) {
  SessionHost& host = session.context().host;
  const Memberships& memberships = session.memberships();
  // From the last one down: what takes the place of one that is left has been looked at. Leaving a room may take the
  // membership of its watchers along, so that there may be two fewer.
  for (std::uint32_t slot = memberships.size(); slot-- > 0;) {
    if (slot >= memberships.size() || memberships[slot].is_implicit) continue;
    const Right needed = memberships[slot].is_watcher ? Right::kPresence : Right::kJoin;
    const std::string room_id(host.room_id_of(session, slot));
    if (!denial_in(session, room_id, needed)) continue;
    const auto joined = session.find_joined(room_id);
    SB_ASSERT(joined);  // one watches only rooms that one is in
    session.lose(*joined, "permission");
  }
}

}  // namespace

Attempt run(Session& session, const protocol::Auth& auth, std::string_view id) {
  if (session.context().settings.auth == nullptr) {
    return refuse(session, ErrorCode::kBadRequest,
                  "this server takes no tokens: it has no `auth` settings; join with a `user_id`", {}, id);
  }
  if (const auto identified = session.identify(auth.token); !identified) {
    return refuse(session, identified.error().code, identified.error().message, {}, id);
  }
  // What the token allows holds before the client is told that it does.
  leave_forbidden_rooms(session);
  session.send(protocol::Authed{.user_id = session.user_id(), .id = id, .expires_in_ms = session.expires_in_ms()});
  return Attempt::kDone;
}

}  // namespace switchboard::session::commands
