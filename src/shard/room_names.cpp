#include "shard/room_names.h"

#include "base/assert.h"
#include "protocol/user_room.h"

namespace switchboard::shard {

void RoomNames::add(std::string_view room_id) {
  if (protocol::is_user_room(room_id)) return;
  const bool is_new = names_.insert(room_id).second;
  SB_ASSERT(is_new);
}

void RoomNames::remove(std::string_view room_id) {
  if (protocol::is_user_room(room_id)) return;
  const auto erased = names_.erase(room_id);
  SB_ASSERT(erased == 1);
}

}  // namespace switchboard::shard
