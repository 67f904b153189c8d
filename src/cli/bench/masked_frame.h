// A client's frames (RFC 6455 section 5.2 and 5.3), as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ws/frame_writer.h"
#include "ws/opcode.h"

namespace switchboard::cli::bench {

/// The first byte of a whole message's frame; with RSV1 its payload is compressed (RFC 7692 section 6).
constexpr std::uint8_t first_byte(ws::Opcode opcode, ws::Encoding encoding = ws::Encoding::kPlain) {
  return static_cast<std::uint8_t>(0x80U | (encoding == ws::Encoding::kDeflated ? 0x40U : 0U) |
                                   static_cast<unsigned>(opcode));
}

/// Appends one frame, its payload masked with the four bytes of `mask`.
void append_masked_frame(std::string& out, std::uint8_t first, std::string_view payload, std::uint32_t mask);

}  // namespace switchboard::cli::bench
