// What a back end has answered, as JSON:
//
//   {"allow": true, "user_id": "ann", "permissions": {"rooms": {"chat:*": ["join"]}}, "info": {...}, "content": ...}
//   {"allow": false, "reason": "this room is for members"}
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "session/hook.h"

namespace switchboard::hook {

inline constexpr std::size_t kReasonBytesMax = 200;

/// The error says what is wrong, as behind "answered with what ". `content_bytes_max`: of `content`.
std::expected<session::HookAnswer, std::string> read_answer(std::string_view json, std::size_t content_bytes_max);

}  // namespace switchboard::hook
