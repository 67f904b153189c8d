// What a session may do: by its token, by the room's namespace, by what everybody may. The one place that knows how
// these go together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/token_bucket.h"
#include "protocol/error.h"
#include "room/operation.h"
#include "room/rights.h"

namespace switchboard::session {

class Session;

struct Denial {
  protocol::ErrorCode code;
  std::string_view message;  // a literal
};

/// Whether it is anybody: who has brought no token may do nothing where anonymous clients are not let in.
std::optional<Denial> denial_of_nobody(const Session& session);

/// What it may do in that room, which has its own name ("@alice"): everything, where there is no authentication. Of
/// users' own rooms only its own is known by that name to a session, and that is read freely. O(patterns), without an
/// allocation.
room::RightSet rights_in(const Session& session, std::string_view room_id);

/// Whether it may do that there.
std::optional<Denial> denial_in(const Session& session, std::string_view room_id, room::Right right);

/// Whether a back end has said already that it may: then it is not asked again.
bool is_granted_by_hook(const Session& session, std::string_view room_id, room::Right right);

/// Whether it may write to that user.
std::optional<Denial> denial_of_direct(const Session& session, std::string_view to_user_id);

// Limits, if there is authentication, are those of the token; those that the configuration gives everybody
// (`permissions`); those of all sessions. The first that says one counts.

/// Rooms it may be in at once.
std::uint32_t rooms_max_of(const Session& session);

/// How often it may do that, wherever that is.
Rate rate_of(const Session& session, room::Operation operation);

}  // namespace switchboard::session
