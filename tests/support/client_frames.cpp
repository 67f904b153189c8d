#include "support/client_frames.h"

#include "support/inflated.h"

namespace switchboard::test {
namespace {

std::uint8_t byte_at(const std::string& bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

}  // namespace

std::optional<ServerFrame> ServerFrameReader::next() {
  const std::size_t have = bytes_.size() - at_;
  if (!error_.empty() || have < 2) return std::nullopt;
  const std::uint8_t first = byte_at(bytes_, at_);
  const std::uint8_t second = byte_at(bytes_, at_ + 1);
  const std::uint8_t opcode = first & 0x0F;
  const bool is_deflated = deflate_window_bits_ && (first & 0xF0) == 0xC0 && opcode == 0x1;
  if ((first & 0xF0) != 0x80 && !is_deflated) {
    error_ = "a frame that is fragmented or has reserved bits, first byte " + std::to_string(first);
  } else if (opcode != 0x1 && opcode != 0x8 && opcode != 0x9 && opcode != 0xA) {
    error_ = "a frame of opcode " + std::to_string(opcode);
  } else if ((second & 0x80) != 0) {
    error_ = "a masked frame";
  } else if (opcode >= 0x8 && second > 125) {
    error_ = "a long control frame";
  }
  if (!error_.empty()) return std::nullopt;

  std::size_t header = 2;
  std::uint64_t length = second;
  if (second >= 126) {
    const std::size_t length_bytes = second == 126 ? 2 : 8;
    header += length_bytes;
    if (have < header) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i)
      length = length << 8 | byte_at(bytes_, at_ + 2 + i);
    if (length < (second == 126 ? 126u : 65'536u)) {
      error_ = "a length not in its shortest form";
      return std::nullopt;
    }
  }
  if (have - header < length) return std::nullopt;
  ServerFrame frame{.opcode = opcode, .payload = bytes_.substr(at_ + header, length), .was_deflated = is_deflated};
  if (is_deflated) {
    auto payload = inflated(frame.payload, *deflate_window_bits_);
    if (!payload) {
      error_ = "a compressed message that cannot be inflated by itself";
      return std::nullopt;
    }
    if (payload->size() <= frame.payload.size()) {
      error_ = "a message that is no smaller compressed";
      return std::nullopt;
    }
    frame.payload = std::move(*payload);
  }
  at_ += header + length;
  if (at_ > 65'536) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
  return frame;
}

std::string client_frame(std::uint8_t opcode, std::string_view payload, bool is_final, Random& random) {
  std::string frame;
  frame += static_cast<char>((is_final ? 0x80 : 0) | opcode);
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    const int length_bytes = payload.size() < 65'536 ? 2 : 8;
    frame += static_cast<char>(0x80 | (length_bytes == 2 ? 126 : 127));
    for (int i = length_bytes - 1; i >= 0; --i)
      frame += static_cast<char>(payload.size() >> (8 * i) & 0xFF);
  }
  char mask[4];
  for (char& byte : mask)
    byte = static_cast<char>(random.next());
  frame.append(mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

}  // namespace switchboard::test
