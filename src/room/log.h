// A room's log: the frames that were broadcast to it, encoded once, numbered without holes, oldest first. It knows
// nothing of who reads it. Reading costs nothing but a look-up: a slice is the log's own memory.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/seq.h"
#include "base/slot_table.h"
#include "room/chunk_pool.h"

namespace switchboard::room {

/// Contiguous whole frames of a log, [from, after). Valid until the next append or trim.
struct Slice {
  std::string_view bytes;
  Seq after;
};

/// Where a number of bytes into a slice leads: the frame that stands there and how much of it lies before.
struct Position {
  Seq frame;
  std::uint32_t offset;
};

class RoomLog {
 public:
  explicit RoomLog(ChunkPool& pool) : pool_(pool) {}
  RoomLog(const RoomLog&) = delete;
  RoomLog& operator=(const RoomLog&) = delete;
  ~RoomLog();

  /// Only while empty: the number of the next entry.
  void start_at(Seq next);

  /// Copies one whole frame in, as number `end()`. `excluded` (may be none) is the connection it must not go to. A new
  /// chunk, if one is needed, is at most about `chunk_bytes_max` large (or one frame).
  void append(std::string_view frame, SlotId excluded, std::size_t chunk_bytes_max = kChunkBytesMax);

  Seq first() const { return first_; }  // the oldest entry; equals end() when empty
  Seq end() const { return end_; }      // the number that the next entry will get
  bool empty() const { return first_ == end_; }
  std::uint64_t size() const { return distance(first_, end_); }
  /// Bytes of the chunks it holds.
  std::uint64_t bytes() const { return bytes_; }

  /// The frames from `cursor` (first() <= cursor < end()) on, as far as they are contiguous, at most `bytes_max` unless
  /// the first alone is longer. Stops before a frame that excludes `reader`; is empty, with `after` behind it, when the
  /// frame at the cursor does.
  Slice slice(Seq cursor, std::size_t bytes_max, SlotId reader) const;
  /// Exactly the frame `seq`, also one before first() whose chunk is still held.
  std::string_view frame(Seq seq) const;
  /// `bytes` into the slice that began at `cursor`.
  Position locate(Seq cursor, std::size_t bytes) const;

  /// Gives up the entries before `seq`. Chunks are freed whole; a freed one holds only entries before the result of
  /// `held_after_trim(seq)`.
  void trim_before(Seq seq);
  /// The oldest entry whose bytes would still be held after `trim_before(seq)`.
  Seq held_after_trim(Seq seq) const;
  /// The smallest number to trim to so that at most `bytes_max` bytes of chunks are held; the newest chunk always
  /// stays.
  Seq trim_point(std::uint64_t bytes_max) const;

 private:
  struct Exclusion {
    Seq seq;
    SlotId connection;
  };

  const Chunk* chunk_of(Seq seq) const;
  const Exclusion* exclusion_from(Seq cursor, SlotId reader) const;

  ChunkPool& pool_;
  Chunk* oldest_ = nullptr;
  Chunk* newest_ = nullptr;
  Seq first_{1};
  Seq end_{1};
  std::uint64_t bytes_ = 0;
  std::vector<Exclusion> exclusions_;  // ascending; nearly always empty
};

}  // namespace switchboard::room
