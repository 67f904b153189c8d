#include "room/log.h"

#include <algorithm>

#include "base/assert.h"

namespace switchboard::room {

RoomLog::~RoomLog() {
  trim_before(end_);
}

void RoomLog::start_at(Seq next) {
  SB_ASSERT(empty());
  first_ = end_ = next;
}

void RoomLog::append(std::string_view frame, SlotId excluded, std::size_t chunk_bytes_max) {
  if (newest_ == nullptr || !newest_->fits(frame.size())) {
    // Eight times what is held already: a busy room has 256 KiB chunks after three smaller ones, each of which cuts
    // sends in two for members behind; a quiet one never does.
    Chunk* chunk = pool_.take(std::min(8 * static_cast<std::size_t>(bytes_), chunk_bytes_max), frame.size(), end_);
    (newest_ == nullptr ? oldest_ : newest_->next) = chunk;
    newest_ = chunk;
    bytes_ += chunk->capacity + sizeof(Chunk);
  }
  newest_->append(frame.data(), frame.size());
  if (excluded != SlotId{}) exclusions_.push_back({end_, excluded});
  end_ = end_.next();
}

const Chunk* RoomLog::chunk_of(Seq seq) const {
  if (seq >= newest_->first) return newest_;
  const Chunk* chunk = oldest_;
  while (seq >= chunk->after())
    chunk = chunk->next;
  return chunk;
}

const RoomLog::Exclusion* RoomLog::exclusion_from(Seq cursor, SlotId reader) const {
  auto it = std::lower_bound(exclusions_.begin(), exclusions_.end(), cursor,
                             [](const Exclusion& e, Seq seq) { return e.seq < seq; });
  it = std::find_if(it, exclusions_.end(), [&](const Exclusion& e) { return e.connection == reader; });
  return it == exclusions_.end() ? nullptr : &*it;
}

Slice RoomLog::slice(Seq cursor, std::size_t bytes_max, SlotId reader) const {
  const Chunk& chunk = *chunk_of(cursor);
  const auto from = static_cast<std::uint32_t>(distance(chunk.first, cursor));
  std::uint32_t to = chunk.count;  // one past the last entry of the slice
  const std::uint32_t begin = chunk.begin_of(from);
  if (chunk.used - begin > bytes_max) {
    std::uint32_t low = from + 1;
    while (low < to) {  // the largest `to` whose bytes fit
      const std::uint32_t middle = low + (to - low + 1) / 2;
      if (chunk.end_of(middle - 1) - begin <= bytes_max) {
        low = middle;
      } else {
        to = middle - 1;
      }
    }
    to = low;
  }
  if (!exclusions_.empty()) {
    if (const Exclusion* exclusion = exclusion_from(cursor, reader)) {
      if (exclusion->seq == cursor) return {{}, cursor.next()};
      to = std::min(to, static_cast<std::uint32_t>(std::min<std::uint64_t>(distance(chunk.first, exclusion->seq), to)));
    }
  }
  return {{chunk.bytes() + begin, chunk.end_of(to - 1) - begin}, chunk.first.plus(to)};
}

std::string_view RoomLog::frame(Seq seq) const {
  const Chunk& chunk = *chunk_of(seq);
  const auto index = static_cast<std::uint32_t>(distance(chunk.first, seq));
  return {chunk.bytes() + chunk.begin_of(index), chunk.end_of(index) - chunk.begin_of(index)};
}

Position RoomLog::locate(Seq cursor, std::size_t bytes) const {
  const Chunk& chunk = *chunk_of(cursor);
  const auto from = static_cast<std::uint32_t>(distance(chunk.first, cursor));
  const std::size_t target = chunk.begin_of(from) + bytes;
  std::uint32_t low = from;  // the entry in which `target` lies: the first whose end is behind it
  std::uint32_t high = chunk.count - 1;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (chunk.end_of(middle) > target) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return {chunk.first.plus(low), static_cast<std::uint32_t>(target - chunk.begin_of(low))};
}

void RoomLog::trim_before(Seq seq) {
  if (seq > end_) seq = end_;
  if (seq > first_) first_ = seq;
  while (oldest_ != nullptr && oldest_->after() <= first_) {
    Chunk* chunk = oldest_;
    oldest_ = chunk->next;
    if (oldest_ == nullptr) newest_ = nullptr;
    bytes_ -= chunk->capacity + sizeof(Chunk);
    pool_.give_back(chunk);
  }
  if (!exclusions_.empty()) {
    const auto kept = std::lower_bound(exclusions_.begin(), exclusions_.end(), first_,
                                       [](const Exclusion& e, Seq s) { return e.seq < s; });
    exclusions_.erase(exclusions_.begin(), kept);
    if (exclusions_.empty()) exclusions_.shrink_to_fit();
  }
}

Seq RoomLog::held_after_trim(Seq seq) const {
  const Chunk* chunk = oldest_;
  while (chunk != nullptr && chunk->after() <= seq)
    chunk = chunk->next;
  return chunk == nullptr ? end_ : chunk->first;
}

Seq RoomLog::trim_point(std::uint64_t bytes_max) const {
  Seq keep = first_;
  std::uint64_t held = bytes_;
  for (const Chunk* chunk = oldest_; chunk != newest_ && held > bytes_max; chunk = chunk->next) {
    held -= chunk->capacity + sizeof(Chunk);
    keep = std::max(keep, chunk->after());
  }
  return keep;
}

}  // namespace switchboard::room
