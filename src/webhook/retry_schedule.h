// When a request that failed is made again: soon, then ever later, never at the same moment as everybody else's.
#pragma once

#include <optional>

#include "base/random.h"
#include "base/time.h"

namespace switchboard::webhook {

class RetrySchedule {
 public:
  static constexpr Duration kFirst = std::chrono::seconds(1);
  static constexpr Duration kMost = std::chrono::hours(1);
  static constexpr Duration kAskedMost = std::chrono::hours(24);  // of what Retry-After says

  /// How long to wait after one failure more: twice as long as last time, give or take a fifth. `asked`: what the
  /// endpoint said; it is not asked sooner.
  Duration after_failure(Random& random, std::optional<Duration> asked);
  void reset() { failures_ = 0; }
  unsigned failures() const { return failures_; }

 private:
  unsigned failures_ = 0;
};

}  // namespace switchboard::webhook
