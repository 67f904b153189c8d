#include "ws/frame_writer.h"

#include <cstring>

#include "base/assert.h"
#include "ws/utf8.h"

namespace switchboard::ws {

std::size_t server_header_bytes(std::size_t payload_bytes) {
  if (payload_bytes <= 125) return 2;
  return payload_bytes <= 65535 ? 4 : 10;
}

std::size_t write_server_header(char* out, Opcode opcode, std::size_t payload_bytes, Encoding encoding) {
  const std::size_t header_bytes = server_header_bytes(payload_bytes);
  out[0] = static_cast<char>((encoding == Encoding::kDeflated ? 0xC0 : 0x80) | static_cast<unsigned>(opcode));
  if (header_bytes == 2) {
    out[1] = static_cast<char>(payload_bytes);
    return header_bytes;
  }
  out[1] = static_cast<char>(header_bytes == 4 ? 126 : 127);
  std::uint64_t left = payload_bytes;
  for (std::size_t i = header_bytes - 1; i >= 2; --i, left >>= 8)
    out[i] = static_cast<char>(left & 0xFF);
  return header_bytes;
}

std::string_view payload_of(std::string_view server_frame) {
  const int length = server_frame[1] & 0x7F;
  return server_frame.substr(length <= 125 ? 2 : length == 126 ? 4 : 10);
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload, Encoding encoding) {
  SB_ASSERT(opcode <= Opcode::kBinary || payload.size() <= kControlPayloadMax);
  char header[kServerHeaderBytesMax];
  out.append(header, write_server_header(header, opcode, payload.size(), encoding));
  out.append(payload);
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason) {
  if (code == close::kNoStatus) return append_frame(out, Opcode::kClose, {});
  const std::size_t reason_bytes = utf8_prefix_bytes(reason, kControlPayloadMax - 2);
  char body[kControlPayloadMax];
  body[0] = static_cast<char>(code >> 8);
  body[1] = static_cast<char>(code & 0xFF);
  if (reason_bytes > 0) std::memcpy(body + 2, reason.data(), reason_bytes);
  append_frame(out, Opcode::kClose, {body, 2 + reason_bytes});
}

std::string& FrameBuilder::begin() {
  bytes_.resize(kServerHeaderBytesMax);
  return bytes_;
}

std::string_view FrameBuilder::finish(Opcode opcode, Encoding encoding) {
  SB_ASSERT(bytes_.size() >= kServerHeaderBytesMax);
  const std::size_t payload_bytes = bytes_.size() - kServerHeaderBytesMax;
  const std::size_t start = kServerHeaderBytesMax - server_header_bytes(payload_bytes);
  write_server_header(bytes_.data() + start, opcode, payload_bytes, encoding);
  return std::string_view(bytes_).substr(start);
}

}  // namespace switchboard::ws
