#include "ws/close_frame.h"

#include <simdjson.h>

#include "ws/opcode.h"

namespace switchboard::ws {

bool is_sendable_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::expected<CloseBody, Failure> read_close_body(std::string_view payload) {
  if (payload.empty()) return CloseBody{close::kNoStatus, payload};
  if (payload.size() == 1) {
    return std::unexpected(Failure{close::kProtocolError, "A Close frame has a body of one byte."});
  }
  const auto code =
      static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]));
  if (!is_sendable_close_code(code)) {
    return std::unexpected(Failure{close::kProtocolError, "A Close frame has a code that may not be sent."});
  }
  const std::string_view reason = payload.substr(2);
  if (!simdjson::validate_utf8(reason)) {
    return std::unexpected(Failure{close::kInvalidPayload, "The reason in a Close frame is not valid UTF-8."});
  }
  return CloseBody{code, reason};
}

}  // namespace switchboard::ws
