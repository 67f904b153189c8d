// How fast a total has grown over the last few seconds. Time is an argument.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace switchboard::ops {

class RateMeter {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(5);

  RateMeter(Instant now, std::uint64_t total) { samples_.fill({now, total}); }

  /// Call as often as you like with a total that never falls: one sample per half second is kept.
  void update(Instant now, std::uint64_t total);

  /// Between the newest sample and the oldest, which is about the window away; 0 before there are two.
  double per_second() const;

 private:
  static constexpr Duration kSpacing = std::chrono::milliseconds(500);

  struct Sample {
    Instant at{};
    std::uint64_t total = 0;
  };

  std::array<Sample, kWindow / kSpacing + 1> samples_;  // a ring
  std::size_t newest_ = 0;
};

}  // namespace switchboard::ops
