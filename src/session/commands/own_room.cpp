#include "protocol/user_room.h"
#include "session/commands/commands.h"

namespace switchboard::session::commands {

std::string_view own_room_id(std::string_view room_id, std::string_view user_id, std::string& scratch) {
  if (room_id != protocol::kOwnRoom) return room_id;
  scratch = protocol::user_room_of(user_id);
  return scratch;
}

}  // namespace switchboard::session::commands
