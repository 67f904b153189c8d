#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

Attempt run(Session& session, const protocol::Ping&, std::string_view id) {
  session.send(protocol::Pong{.id = id});
  return Attempt::kDone;
}

}  // namespace switchboard::session::commands
