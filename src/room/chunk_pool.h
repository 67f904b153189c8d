// The memory that room logs are made of: chunks of 512 bytes to 256 KiB, kept for reuse, counted. One per shard.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/seq.h"

namespace switchboard::room {

/// A run of whole frames. Frames grow from the front, the table of their ends grows from the back, so that one
/// allocation holds both. Lives in its log; bytes never move.
struct Chunk {
  Chunk* next;
  Seq first;               // number of its first entry
  std::uint32_t count;     // entries
  std::uint32_t used;      // bytes of frames
  std::uint32_t capacity;  // bytes behind this header, for frames and ends

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  Seq after() const { return first.plus(count); }

  bool fits(std::size_t frame_bytes) const {
    return used + frame_bytes + (count + 1) * sizeof(std::uint32_t) <= capacity;
  }
  void append(const char* frame, std::size_t frame_bytes);
  /// Offset behind entry `index` of this chunk; 0 for index -1 (as begin() of entry 0).
  std::uint32_t end_of(std::uint32_t index) const { return ends_back()[-1 - static_cast<std::ptrdiff_t>(index)]; }
  std::uint32_t begin_of(std::uint32_t index) const { return index == 0 ? 0 : end_of(index - 1); }

 private:
  const std::uint32_t* ends_back() const { return reinterpret_cast<const std::uint32_t*>(bytes() + capacity); }
};

inline constexpr std::size_t kChunkBytesMin = 512;
inline constexpr std::size_t kChunkBytesMax = 262'144;

class ChunkPool {
 public:
  ChunkPool() = default;
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;
  ~ChunkPool();

  /// A chunk of about `wanted_bytes` (rounded up to a power of two from 512), at least large enough for one frame of
  /// `frame_bytes`. A frame past 256 KiB gets a chunk of its own size.
  Chunk* take(std::size_t wanted_bytes, std::size_t frame_bytes, Seq first);
  void give_back(Chunk* chunk);
  /// All logs together are held to so many bytes by giving up whole chunks: from now on none is larger than a quarter.
  void bound_by(std::uint64_t all_logs_bytes_max);

  /// Bytes of all chunks that logs hold now (not the spare ones).
  std::uint64_t bytes_in_use() const { return bytes_in_use_; }

 private:
  static constexpr std::size_t kClasses =  // one for each power of two from the least to the most
      std::countr_zero(kChunkBytesMax) - std::countr_zero(kChunkBytesMin) + 1;
  static constexpr std::size_t kSpareBytesMax = 1 << 20;  // kept per class; the rest goes back to the allocator

  std::array<std::vector<Chunk*>, kClasses> spare_;
  std::size_t chunk_bytes_max_ = kChunkBytesMax;
  std::uint64_t bytes_in_use_ = 0;
};

}  // namespace switchboard::room
