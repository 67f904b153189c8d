#include "base/time.h"

#include <ctime>

namespace switchboard {

Instant SystemClock::now() const {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return Instant(std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec));
}

UnixMillis SystemClock::unix_ms() const {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<UnixMillis>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

}  // namespace switchboard
