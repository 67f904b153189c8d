#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {

Attempt refuse(Session& session, protocol::ErrorCode code, std::string_view message, std::string_view room_id,
               std::string_view id) {
  session.refuse(
      {.code = code, .message = std::string(message), .room_id = std::string(room_id), .id = std::string(id)});
  return Attempt::kDone;
}

}  // namespace switchboard::session::commands
