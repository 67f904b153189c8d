// Walks the server's frames (RFC 6455 section 5.2) in a block of received bytes, without copying. It trusts the server
// to send unmasked, unfragmented messages, which the load generator is pointed at; it is not a WebSocket
// implementation.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "ws/opcode.h"

namespace switchboard::cli::bench {

struct ScannedFrame {
  ws::Opcode opcode;
  std::string_view payload;  // views the scanned bytes
  bool is_deflated;          // RSV1: RFC 7692 section 6
  std::uint8_t header_bytes;

  std::size_t bytes() const { return header_bytes + payload.size(); }
};

/// Calls `sink(ScannedFrame)` for every whole frame at the front of `bytes`, until it returns false, and returns how
/// many bytes those frames took: the rest is the beginning of a frame.
template <typename Sink>
std::size_t scan_frames(std::string_view bytes, Sink&& sink) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (end - at >= 2) {
    const auto first = static_cast<unsigned char>(at[0]);
    const auto opcode = static_cast<ws::Opcode>(first & 0x0F);
    std::uint64_t length = at[1] & 0x7F;
    std::size_t header = 2;
    if (length == 126) {
      header = 4;
      if (end - at < 4) break;
      std::uint16_t wire = 0;
      std::memcpy(&wire, at + 2, sizeof wire);
      length = __builtin_bswap16(wire);
    } else if (length == 127) {
      header = 10;
      if (end - at < 10) break;
      std::memcpy(&length, at + 2, sizeof length);
      length = __builtin_bswap64(length);
    }
    if (static_cast<std::uint64_t>(end - at) - header < length) break;
    const std::string_view payload(at + header, static_cast<std::size_t>(length));
    at = payload.data() + payload.size();
    if (!sink(ScannedFrame{opcode, payload, (first & 0x40) != 0, static_cast<std::uint8_t>(header)})) break;
  }
  return static_cast<std::size_t>(at - bytes.data());
}

}  // namespace switchboard::cli::bench
