// One function per client command: checks what may be done, does it through the host, answers. One file each. All are
// called by the gate (gate.h).
//
// The commands of one connection for one room take effect and are answered in the order they were sent. What is
// answered at once must therefore wait (Attempt::kBehind...) while an acknowledgement or the answer to a query is owed:
// both may be for that room, and which one they are for is not worth remembering. The gate sees to it.
#pragma once

#include <string>
#include <string_view>

#include "protocol/command.h"
#include "session/host.h"

namespace switchboard::session::commands {

Attempt run(Session& session, const protocol::Join& join, std::string_view id);
Attempt run(Session& session, const protocol::Leave& leave, std::string_view id);
Attempt run(Session& session, const protocol::Broadcast& broadcast, std::string_view id);
Attempt run(Session& session, const protocol::Direct& direct, std::string_view id);
Attempt run(Session& session, const protocol::History& history, std::string_view id);
Attempt run(Session& session, const protocol::Presence& presence, std::string_view id);
Attempt run(Session& session, const protocol::Ping& ping, std::string_view id);
Attempt run(Session& session, const protocol::Auth& auth, std::string_view id);

/// Refuses the command with that code and sentence; always Attempt::kDone.
Attempt refuse(Session& session, protocol::ErrorCode code, std::string_view message, std::string_view room_id,
               std::string_view id);

/// The room's own name: of "@me" that of the user's room, which `scratch` then holds.
std::string_view own_room_id(std::string_view room_id, std::string_view user_id, std::string& scratch);

/// Why a connection without a user may not do something.
inline constexpr std::string_view kNoUser = "join a room first: the first join of a connection names its user";

}  // namespace switchboard::session::commands
