// How often a session may do what a command is for: by its token, by the configuration, by the room's namespace. The
// one place that knows how these go together.
#pragma once

#include <optional>

#include "protocol/command.h"
#include "session/rate_limiter.h"

namespace switchboard::session {

class Session;

/// None when no limit holds for it. O(1), without an allocation; where nothing is limited it looks at no room.
std::optional<OperationLimits> limits_of(const Session& session, const protocol::Command& command);

}  // namespace switchboard::session
