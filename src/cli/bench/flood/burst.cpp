#include "cli/bench/flood/burst.h"

#include "base/assert.h"
#include "cli/bench/masked_frame.h"
#include "ws/message_deflater.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::size_t kHistoryContentBytes = 200;
constexpr std::size_t kDeflatedTextBytes = 65'000;  // below the default of limits.message_bytes_max
constexpr std::string_view kPing = R"({"type":"ping","id":"burst"})";
constexpr std::string_view kPong = R"({"type":"pong","id":"burst"})";

std::string broadcast(std::string_view room_id, std::size_t content_bytes) {
  return R"({"type":"broadcast","echo":false,"room_id":")" + std::string(room_id) + R"(","content":")" +
         std::string(content_bytes, 'x') + R"("})";
}

std::string frame_of(FloodKind kind, std::string_view room_id, std::uint32_t mask) {
  std::string frame;
  if (kind != FloodKind::kDeflated) {
    append_masked_frame(frame, first_byte(ws::Opcode::kText),
                        broadcast(room_id, kind == FloodKind::kHistory ? kHistoryContentBytes : 1), mask);
    return frame;
  }
  ws::MessageDeflater deflater({.bytes_min = 0, .window_bits = 15, .level = 9});
  std::string payload;
  const bool is_smaller = deflater.deflate(broadcast(room_id, kDeflatedTextBytes), payload);
  SB_ASSERT(is_smaller);
  append_masked_frame(frame, first_byte(ws::Opcode::kText, ws::Encoding::kDeflated), payload, mask);
  return frame;
}

}  // namespace

Burst make_burst(FloodKind kind, std::string_view room_id, std::uint32_t mask) {
  const std::string frame = frame_of(kind, room_id, mask);
  Burst burst;
  while (burst.bytes.size() + frame.size() <= kBurstBytes) {
    burst.bytes += frame;
    ++burst.messages;
  }
  append_masked_frame(burst.bytes, first_byte(ws::Opcode::kText), kPing, mask);
  return burst;
}

bool answers_burst(std::string_view push) {
  return push == kPong;
}

}  // namespace switchboard::cli::bench
