// Client frames as bytes, right and wrong ones, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ws/mask.h"
#include "ws/opcode.h"

namespace switchboard::ws {

inline constexpr MaskKey kTestKey = {0x37, 0xfa, 0x21, 0x3d};  // RFC 6455 section 5.7

/// A header with the length in the form of so many bytes (0, 2 or 8), shortest or not, and the masking key.
inline std::string client_header(unsigned first_byte, std::uint64_t length, unsigned length_bytes,
                                 MaskKey key = kTestKey) {
  std::string out(1, static_cast<char>(first_byte));
  out += static_cast<char>(0x80 | (length_bytes == 0 ? length : length_bytes == 2 ? 126 : 127));
  for (unsigned i = length_bytes; i > 0; --i)
    out += static_cast<char>(length >> (8 * (i - 1)) & 0xFF);
  out.append(reinterpret_cast<const char*>(key.data()), key.size());
  return out;
}

/// A masked frame in its shortest form. `first_byte`: FIN, reserved bits and opcode.
inline std::string client_frame_of(unsigned first_byte, std::string_view payload, MaskKey key = kTestKey) {
  const unsigned length_bytes = payload.size() <= 125 ? 0 : payload.size() <= 65535 ? 2 : 8;
  std::string masked(payload);
  for (std::size_t i = 0; i < masked.size(); ++i)
    masked[i] = static_cast<char>(masked[i] ^ key[i % 4]);
  return client_header(first_byte, payload.size(), length_bytes, key) + masked;
}

inline std::string client_frame(Opcode opcode, std::string_view payload) {
  return client_frame_of(0x80 | static_cast<unsigned>(opcode), payload);
}

/// A frame that is not the last of its message.
inline std::string client_fragment(Opcode opcode, std::string_view payload) {
  return client_frame_of(static_cast<unsigned>(opcode), payload);
}

}  // namespace switchboard::ws
