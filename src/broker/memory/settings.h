// How much is kept in memory.
#pragma once

#include <cstdint>

namespace switchboard::broker {

struct MemorySettings {
  /// What messages, dedup windows and closed rooms take, all rooms together: the oldest of (about) the largest room go
  /// first, and where all are small the rooms that were closed the longest ago.
  std::uint64_t bytes_max = 64u << 20;
  std::uint32_t dedup_window_ms = 300'000;
};

}  // namespace switchboard::broker
