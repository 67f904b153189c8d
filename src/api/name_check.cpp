#include "api/name_check.h"

#include "protocol/command.h"
#include "protocol/field_value.h"
#include "protocol/user_room.h"
#include "ws/utf8.h"

namespace switchboard::api {

bool is_utf8(std::string_view text) {
  ws::Utf8Validator utf8;
  return utf8.feed(text) && utf8.complete();
}

std::string problem_with_name(std::string_view name, std::string_view what) {
  if (name.empty()) return std::string(what) + " must not be empty";
  if (name.size() > protocol::kNameBytesMax) return std::string(what) + " is longer than 255 bytes";
  if (protocol::has_control_character(name)) return std::string(what) + " has a control character";
  return "";
}

std::string problem_with_room(std::string_view room_id, std::string_view what) {
  if (protocol::is_user_room(room_id)) return std::string(what) + " begins with `@`, which is for users' own rooms";
  return problem_with_name(room_id, what);
}

}  // namespace switchboard::api
