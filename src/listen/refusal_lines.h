// How many lines the log is given about one kind of refusal: an attacker must neither fill the disk nor drive
// everything else out of the log. What is not written is counted, and told with the next line that is.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "base/token_bucket.h"

namespace switchboard::listen {

/// Any thread.
class RefusalLines {
 public:
  /// Whether a line may be written; if so, how many before it were not. `per_second`: 0 is none at all.
  std::optional<std::uint64_t> take(Instant now, std::uint32_t per_second) {
    if (per_second == 0) return std::nullopt;
    if (bucket_.take(now, 1, {.per_second = per_second}) == Duration::zero())
      return unwritten_.exchange(0, std::memory_order_relaxed);
    unwritten_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }

 private:
  SharedTokenBucket bucket_;
  std::atomic<std::uint64_t> unwritten_{0};
};

}  // namespace switchboard::listen
