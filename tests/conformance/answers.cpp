#include "conformance/answers.h"

#include <functional>
#include <gtest/gtest.h>

#include "support/inflated.h"

namespace switchboard::conformance {
namespace {

std::string in_words(const Frame& frame) {
  const std::string content = message_of(frame);
  const std::string payload = content.empty() ? "" : " " + shown(content);
  const std::string compressed = frame.is_compressed() ? "compressed " : "";
  switch (frame.first_byte & 0x0F) {
    case 0x1:
      return compressed + "text" + payload;
    case 0x2:
      return compressed + "binary" + payload;
    case 0x9:
      return "ping" + payload;
    case 0xA:
      return "pong" + payload;
    default:
      break;
  }
  if (frame.payload.empty()) return "close";
  EXPECT_GE(frame.payload.size(), 2u) << "a Close frame with half a code";
  const int code = static_cast<unsigned char>(frame.payload[0]) << 8 | static_cast<unsigned char>(frame.payload[1]);
  return "close " + std::to_string(code);
}

}  // namespace

std::string message_of(const Frame& frame, int window_bits) {
  if (!frame.is_compressed()) return frame.payload;
  auto message = test::inflated(frame.payload, window_bits);
  EXPECT_TRUE(message) << "cannot be inflated by itself in a window of 2^" << window_bits << " bytes";
  return std::move(message).value_or("");
}

std::string shown(std::string_view payload) {
  if (payload.size() <= 200) return std::string(payload);
  return "of " + std::to_string(payload.size()) + " bytes, " + std::to_string(std::hash<std::string_view>{}(payload));
}

std::vector<Frame> take_strictly(std::string& bytes) {
  std::vector<Frame> frames;
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
  while (bytes.size() - at >= 2) {
    EXPECT_EQ(byte(1) & 0x80, 0) << "a masked frame from the server";
    const std::size_t length_bytes = byte(1) < 126 ? 0 : byte(1) == 126 ? 2 : 8;
    if (bytes.size() - at < 2 + length_bytes) break;
    std::uint64_t length = length_bytes == 0 ? byte(1) : 0;
    for (std::size_t i = 2; i < 2 + length_bytes; ++i)
      length = length << 8 | byte(i);
    if (bytes.size() - at - 2 - length_bytes < length) break;

    const unsigned first = byte(0);
    const unsigned opcode = first & 0x0F;
    const bool is_data = opcode == 1 || opcode == 2;
    EXPECT_TRUE(is_data || (opcode >= 8 && opcode <= 10)) << "opcode " << opcode;
    EXPECT_EQ(first & 0x80, 0x80u) << "the server fragments nothing";
    EXPECT_EQ(first & 0x70 & ~(is_data ? 0x40u : 0u), 0u) << "a reserved bit";
    if (!is_data) {
      EXPECT_LE(length, 125u) << "a long control frame";
    }
    if (length_bytes == 2) {
      EXPECT_GE(length, 126u) << "not the shortest length";
    }
    if (length_bytes == 8) {
      EXPECT_GE(length, 65'536u) << "not the shortest length";
    }
    frames.push_back({first, bytes.substr(at + 2 + length_bytes, length)});
    at += 2 + length_bytes + length;
  }
  bytes.erase(0, at);
  return frames;
}

Answers read_answers(shard::Stream& stream) {
  Answers out;
  for (const Frame& frame : take_strictly(stream.from_server))
    out.push_back(in_words(frame));
  if (!stream.from_server.empty()) out.push_back("part of a frame");
  if (stream.gone) {
    out.push_back("closed");
  } else if (stream.finished) {
    out.push_back("fin");
  }
  return out;
}

}  // namespace switchboard::conformance
