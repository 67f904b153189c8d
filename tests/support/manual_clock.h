// Time that stands still until the test moves it. A simulation may have every look at it cost a little, so that what is
// bounded by time comes to its bound.
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace switchboard::test {

/// Where a simulated time begins.
inline constexpr Instant kStart{std::chrono::hours(1)};

class ManualClock final : public Clock {
 public:
  /// `look_ns_max`: each now() moves the clock on by a random time of up to so much.
  explicit ManualClock(std::uint64_t seed = 0, std::uint64_t look_ns_max = 0)
      : random_(seed), look_ns_max_(look_ns_max) {}

  Instant now() const override {
    if (look_ns_max_ > 0) now_ += Duration(random_.below(look_ns_max_ + 1));
    return now_;
  }
  UnixMillis unix_ms() const override {
    return kUnixStartMs + (now_ - kStart + wall_ahead_) / std::chrono::milliseconds(1);
  }

  /// Looks without moving it.
  Instant peek() const { return now_; }
  void advance(Duration by) { now_ += by; }
  /// The wall's clock is set: so far ahead of where it would be.
  void set_wall_ahead(Duration by) { wall_ahead_ = by; }

 private:
  static constexpr UnixMillis kUnixStartMs = 1'764'000'000'000;

  mutable Random random_;
  mutable Instant now_ = kStart;
  Duration wall_ahead_{};
  std::uint64_t look_ns_max_;
};

}  // namespace switchboard::test
