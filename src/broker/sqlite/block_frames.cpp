#include "broker/sqlite/block_frames.h"

#include <algorithm>
#include <cstring>

#include "ws/frame_writer.h"

namespace switchboard::broker {
namespace {

/// A text frame of a server, and nothing behind it.
bool is_frame(std::string_view bytes) {
  for (const std::size_t header_bytes : {2u, 4u, 10u}) {
    if (bytes.size() < header_bytes) return false;
    const std::size_t payload_bytes = bytes.size() - header_bytes;
    if (ws::server_header_bytes(payload_bytes) != header_bytes) continue;
    char header[ws::kServerHeaderBytesMax];
    ws::write_server_header(header, ws::Opcode::kText, payload_bytes);
    return bytes.starts_with(std::string_view(header, header_bytes));
  }
  return false;
}

}  // namespace

BlockHead block_head(const Statement& row) {
  return {.room = row.integer(0),
          .first = Seq{row.natural(1)},
          .last = Seq{row.natural(2)},
          .newest_at = row.integer(3),
          .base = row.natural(4),
          .total = row.natural(5)};
}

std::string block_ends(std::span<const std::uint32_t> ends, std::span<const std::uint32_t> ages) {
  std::string bytes(reinterpret_cast<const char*>(ends.data()), ends.size_bytes());
  return bytes.append(reinterpret_cast<const char*>(ages.data()), ages.size_bytes());
}

BlockFrames::BlockFrames(const BlockHead& head, const Statement& row)
    : ends_(row.bytes(7)),
      count_(distance(head.first, head.last.next())),
      has_ages_(ends_.size() == 2 * count_ * sizeof(std::uint32_t)),
      newest_at_(head.newest_at),
      frames_(row.bytes(8)) {
  is_whole_ = has_shape(head) && (row.is_null(6) ? has_frames() : row.integer(6) == check_of(head, ends_, frames_));
}

StoreMillis BlockFrames::at(std::size_t index) const {
  return has_ages_ ? newest_at_ - number_at(count_ + index) : newest_at_;
}

/// As many frames as the block says it has. (Its checksum would not say so of a block that was written wrongly.)
bool BlockFrames::has_shape(const BlockHead& head) const {
  if (head.last < head.first) return false;
  const std::uint64_t numbers = ends_.size() / sizeof(std::uint32_t);
  if (ends_.size() % sizeof(std::uint32_t) != 0 || (numbers != count_ && numbers != 2 * count_)) return false;
  return end_of(count_ - 1) == frames_.size();
}

bool BlockFrames::has_frames() const {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    const std::size_t end = end_of(i);
    if (begin >= end || end > frames_.size() || !is_frame(frames_.substr(begin, end - begin))) return false;
    begin = end;
  }
  return true;
}

}  // namespace switchboard::broker
