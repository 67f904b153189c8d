// A user's own room: where direct messages to that user are put in order. Its name is '@' and the user's; a client only
// ever sees and says "@me".
#pragma once

#include <string>
#include <string_view>

namespace switchboard::protocol {

inline constexpr char kUserRoomMark = '@';
inline constexpr std::string_view kOwnRoom = "@me";  // what a client calls its user's room

constexpr bool is_user_room(std::string_view room_id) {
  return room_id.starts_with(kUserRoomMark);
}
/// "@alice" of "alice": up to kNameBytesMax + 1 bytes.
inline std::string user_room_of(std::string_view user_id) {
  return std::string(1, kUserRoomMark).append(user_id);
}
/// "alice" of "@alice".
constexpr std::string_view user_of(std::string_view user_room) {
  return user_room.substr(1);
}
/// What a client that is in the room is told it is called.
constexpr std::string_view told_room_id(std::string_view room_id) {
  return is_user_room(room_id) ? kOwnRoom : room_id;
}

}  // namespace switchboard::protocol
