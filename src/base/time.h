// Time as the house passes it around: a monotonic instant for deadlines, Unix milliseconds for time stamps.
// Nothing below `net/` and `cli/` reads a clock by itself; it is handed one.
#pragma once

#include <chrono>
#include <cstdint>

namespace switchboard {

using Duration = std::chrono::nanoseconds;

/// Tag clock of `Instant`. It has no `now()`: ask the `Clock` you were given.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Instant = MonotonicClock::time_point;

/// Milliseconds since the Unix epoch, for what clients and logs are shown.
using UnixMillis = std::int64_t;

/// The only source of time. Implementations must be callable from the thread that owns the user of it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual UnixMillis unix_ms() const = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME. Stateless: any thread.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
  UnixMillis unix_ms() const override;
};

}  // namespace switchboard
