// The body of a Close frame (RFC 6455 sections 5.5.1 and 7.4).
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "ws/failure.h"

namespace switchboard::ws {

struct CloseBody {
  std::uint16_t code;       // kNoStatus for an empty body
  std::string_view reason;  // valid UTF-8; a view into the payload
};

/// True for a code that may stand in a Close frame: those the RFC defines for it, those registered since (1012 to
/// 1014), and 3000 to 4999.
bool is_sendable_close_code(std::uint16_t code);

/// 1002 for a body of one byte or a code that may not be sent, 1007 for a reason that is not UTF-8.
/// 64 bytes behind the payload must be readable.
std::expected<CloseBody, Failure> read_close_body(std::string_view payload);

}  // namespace switchboard::ws
