// The one gate that every command passes before anything is done for it.
#pragma once

#include "protocol/command.h"
#include "session/host.h"

namespace switchboard::session::commands {

/// Does what the command says, once nothing that is under way must come before it. (What is answered at once must wait
/// while an acknowledgement or the answer to a query is owed: commands.h.)
Attempt enter(Session& session, const protocol::Command& command);

}  // namespace switchboard::session::commands
