// A circuit breaker: whoever fails again and again is left alone for a while, and then asked by one question whether it
// is back.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace switchboard::hook {

class Breaker {
 public:
  static constexpr unsigned kFailuresMax = 5;  // one behind the other
  static constexpr Duration kPauseMin = std::chrono::seconds(1);
  static constexpr Duration kPauseMax = std::chrono::seconds(30);

  /// Whether it may be asked now. If so and it is being left alone, this is the one question.
  bool may_ask(Instant now) {
    if (!is_open()) return true;
    if (is_trying_ || now < closed_again_at_) return false;
    is_trying_ = true;
    return true;
  }
  void on_success() {
    failures_ = 0;
    is_trying_ = false;
    pause_ = kPauseMin;
  }
  /// True when it is left alone from now on, and was not before.
  bool on_failure(Instant now) {
    ++failures_;
    if (!is_open()) return false;
    const bool is_new = failures_ == kFailuresMax;
    // Of those that were under way when it was opened only the first counts.
    if (!is_new && !is_trying_) return false;
    closed_again_at_ = now + pause_;
    pause_ = std::min(2 * pause_, kPauseMax);
    is_trying_ = false;
    return is_new;
  }
  bool is_open() const { return failures_ >= kFailuresMax; }

 private:
  unsigned failures_ = 0;
  bool is_trying_ = false;
  Duration pause_ = kPauseMin;
  Instant closed_again_at_{};
};

}  // namespace switchboard::hook
