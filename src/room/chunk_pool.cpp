#include "room/chunk_pool.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace switchboard::room {
namespace {

std::size_t class_of(std::size_t total_bytes) {
  return static_cast<std::size_t>(std::countr_zero(total_bytes)) -
         static_cast<std::size_t>(std::countr_zero(kChunkBytesMin));
}

}  // namespace

void Chunk::append(const char* frame, std::size_t frame_bytes) {
  std::memcpy(bytes() + used, frame, frame_bytes);
  used += static_cast<std::uint32_t>(frame_bytes);
  const_cast<std::uint32_t*>(ends_back())[-1 - static_cast<std::ptrdiff_t>(count)] = used;
  ++count;
}

ChunkPool::~ChunkPool() {
  for (auto& chunks : spare_) {
    for (Chunk* chunk : chunks)
      std::free(chunk);
  }
}

void ChunkPool::bound_by(std::uint64_t all_logs_bytes_max) {
  const auto quarter = static_cast<std::size_t>(std::min<std::uint64_t>(all_logs_bytes_max / 4, kChunkBytesMax));
  chunk_bytes_max_ = std::bit_floor(std::max(quarter, kChunkBytesMin));
}

Chunk* ChunkPool::take(std::size_t wanted_bytes, std::size_t frame_bytes, Seq first) {
  const std::size_t needed = sizeof(Chunk) + frame_bytes + sizeof(std::uint32_t);
  std::size_t total = std::bit_ceil(std::clamp(wanted_bytes, kChunkBytesMin, chunk_bytes_max_));
  if (needed > total) total = needed <= kChunkBytesMax ? std::bit_ceil(needed) : (needed + 7) & ~std::size_t{7};

  Chunk* chunk = nullptr;
  if (total <= kChunkBytesMax && !spare_[class_of(total)].empty()) {
    chunk = spare_[class_of(total)].back();
    spare_[class_of(total)].pop_back();
  } else {
    chunk = static_cast<Chunk*>(std::malloc(total));
    if (chunk == nullptr) throw std::bad_alloc();
  }
  bytes_in_use_ += total;
  *chunk = Chunk{.next = nullptr,
                 .first = first,
                 .count = 0,
                 .used = 0,
                 .capacity = static_cast<std::uint32_t>(total - sizeof(Chunk))};
  return chunk;
}

void ChunkPool::give_back(Chunk* chunk) {
  const std::size_t total = chunk->capacity + sizeof(Chunk);
  SB_ASSERT(bytes_in_use_ >= total);
  bytes_in_use_ -= total;
  if (total > kChunkBytesMax || (spare_[class_of(total)].size() + 1) * total > kSpareBytesMax) {
    std::free(chunk);
    return;
  }
  spare_[class_of(total)].push_back(chunk);
}

}  // namespace switchboard::room
