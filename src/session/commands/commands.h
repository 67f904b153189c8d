// One function per client command: checks what may be done, does it through the host, answers. One file each.
#pragma once

#include <string_view>

#include "protocol/command.h"
#include "session/host.h"

namespace switchboard::session::commands {

Attempt run(Session& session, const protocol::Join& join, std::string_view id);
Attempt run(Session& session, const protocol::Leave& leave, std::string_view id);
Attempt run(Session& session, const protocol::Broadcast& broadcast, std::string_view id);
Attempt run(Session& session, const protocol::Ping& ping, std::string_view id);

/// Refuses the command with that code and sentence; always Attempt::kDone.
Attempt refuse(Session& session, protocol::ErrorCode code, std::string_view message, std::string_view room_id,
               std::string_view id);

}  // namespace switchboard::session::commands
