// Gives memory back to the system after a crowd has left. The allocator keeps what was freed between objects that live
// on; without this a server that once held 100,000 connections would look as large for ever.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace switchboard::server {

/// The main thread's: trimming takes the allocator's locks for some milliseconds.
class HeapTrimmer {
 public:
  static constexpr std::uint64_t kConnectionsMin = 1'000;  // fewer are not worth it
  static constexpr Duration kPause = std::chrono::seconds(2);

  /// To be called now and then with the connections open. True when memory should be given back: half of the most
  /// there were since the last time have gone, and the pause since then is over.
  bool is_due(std::uint64_t connections, Instant now);
  /// Gives back what is free.
  static void trim();

 private:
  std::uint64_t most_ = 0;
  Instant last_{};
};

}  // namespace switchboard::server
