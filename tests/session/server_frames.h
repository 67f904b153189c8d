// Takes apart what a server has sent to one client: an HTTP head, then frames. For tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ws/opcode.h"

namespace switchboard::session {

struct ServerFrame {
  ws::Opcode opcode;
  std::string payload;       // as it came
  bool is_deflated = false;  // RSV1 was set

  /// Of a Close frame; 1005 for an empty one.
  std::uint16_t close_code() const {
    if (payload.size() < 2) return ws::close::kNoStatus;
    return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                      static_cast<unsigned char>(payload[1]));
  }
};

/// Takes the HTTP head off the front, if there is one and it is whole; returns it.
inline std::string take_head(std::string& bytes) {
  if (!bytes.starts_with("HTTP/")) return {};
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  std::string head = bytes.substr(0, end + 4);
  bytes.erase(0, end + 4);
  return head;
}

/// Takes whole frames off the front. What remains is the beginning of one.
inline std::vector<ServerFrame> take_frames(std::string& bytes) {
  std::vector<ServerFrame> frames;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  while (bytes.size() >= 2) {
    std::size_t header = 2;
    std::uint64_t length = byte(1);
    const unsigned length_bytes = length < 126 ? 0 : length == 126 ? 2 : 8;
    header += length_bytes;
    if (bytes.size() < header) break;
    if (length_bytes > 0) length = 0;
    for (std::size_t i = 2; i < header; ++i)
      length = length << 8 | byte(i);
    if (bytes.size() < header + length) break;
    frames.push_back({static_cast<ws::Opcode>(byte(0) & 0x0F), bytes.substr(header, length), (byte(0) & 0x40) != 0});
    bytes.erase(0, header + length);
  }
  return frames;
}

/// The payloads of the text frames among them, one per line.
inline std::string texts(const std::vector<ServerFrame>& frames) {
  std::string out;
  for (const ServerFrame& frame : frames) {
    if (frame.opcode == ws::Opcode::kText) out += frame.payload + "\n";
  }
  return out;
}

inline constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
inline constexpr std::string_view kUpgradeDeflate =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
inline constexpr std::string_view kUpgradeDeflateV1 =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: switchboard.v1.json\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
inline constexpr std::string_view kUpgradeV1 =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: chat, switchboard.v1.json\r\n\r\n";

}  // namespace switchboard::session
