// The header of one client frame (RFC 6455 section 5.2), read from bytes. Knows the frame's own rules; what depends on
// the frames before it is the connection's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "ws/failure.h"
#include "ws/mask.h"
#include "ws/opcode.h"

namespace switchboard::ws {

/// 2 bytes, 8 of extended length, 4 of masking key.
inline constexpr std::size_t kClientHeaderBytesMax = 14;

struct FrameHeader {
  bool final;
  bool compressed;  // RSV1: the message that begins here is (RFC 7692 section 6)
  Opcode opcode;
  std::uint8_t header_bytes;
  MaskKey mask_key;
  std::uint64_t payload_bytes;  // below 2^63
};

constexpr bool is_control(Opcode opcode) {
  return (static_cast<std::uint8_t>(opcode) & 0x8) != 0;
}

/// What a frame may be, given what came before it.
struct FrameContext {
  bool in_message = false;            // a message has begun and is not complete
  std::uint64_t message_room = 0;     // bytes that a new message, or the rest of the one begun, may have in frames
  bool deflates = false;              // permessage-deflate was negotiated ...
  std::uint64_t compressed_room = 0;  // ... and bytes that a new compressed message may have in frames
};

/// The header at the front of `bytes`; nullopt when more bytes are needed. A failure is found at the first byte that
/// shows it, so the outcome does not depend on how many bytes are there: 1002, or 1009 for a data frame that declares
/// more than its message has room for.
std::expected<std::optional<FrameHeader>, Failure> read_frame_header(std::string_view bytes,
                                                                     const FrameContext& context);

}  // namespace switchboard::ws
