// Server frames as bytes (RFC 6455 section 5.2): never masked, never fragmented, so one encoding serves every client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ws/opcode.h"

namespace switchboard::ws {

inline constexpr std::size_t kServerHeaderBytesMax = 10;

/// How a data message's payload stands in its frame; a compressed one has the bit RSV1 (RFC 7692 section 6).
enum class Encoding : std::uint8_t { kPlain, kDeflated };

/// 2, 4 or 10.
std::size_t server_header_bytes(std::size_t payload_bytes);

/// Writes the header of an unmasked final frame to `out` (room for 10 bytes); returns its length.
std::size_t write_server_header(char* out, Opcode opcode, std::size_t payload_bytes,
                                Encoding encoding = Encoding::kPlain);

/// What lies behind the header of a whole server frame.
std::string_view payload_of(std::string_view server_frame);

/// Appends a whole frame. A control frame's payload has at most 125 bytes.
void append_frame(std::string& out, Opcode opcode, std::string_view payload, Encoding encoding = Encoding::kPlain);

/// Appends a Close frame; the reason is cut to 123 bytes at a UTF-8 boundary. kNoStatus gives an empty body.
void append_close(std::string& out, std::uint16_t code, std::string_view reason);

/// One frame built in a reused buffer: `begin`, append the payload to what it returned, then `finish` puts the header
/// right before it and returns the whole frame's bytes, valid until the next `begin`. No allocation once warm.
class FrameBuilder {
 public:
  /// Only append to it: its first 10 bytes are the header's place.
  std::string& begin();
  std::string_view finish(Opcode opcode, Encoding encoding = Encoding::kPlain);

 private:
  std::string bytes_;  // 10 bytes of head-room, then the payload
};

}  // namespace switchboard::ws
