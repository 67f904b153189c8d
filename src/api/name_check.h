// What names of rooms and users may be: the same as a client's.
#pragma once

#include <string>
#include <string_view>

namespace switchboard::api {

bool is_utf8(std::string_view text);

/// "" or what is wrong with a name, as behind `what`. Of valid UTF-8.
std::string problem_with_name(std::string_view name, std::string_view what);
/// Of a room that one may name: users' own rooms are not.
std::string problem_with_room(std::string_view room_id, std::string_view what);

}  // namespace switchboard::api
