#include "webhook/retry_schedule.h"

#include <algorithm>

namespace switchboard::webhook {

Duration RetrySchedule::after_failure(Random& random, std::optional<Duration> asked) {
  constexpr unsigned kDoublingsMax = 12;  // 4,096 s: beyond kMost
  const Duration plain = std::min(kMost, kFirst * (1 << std::min(failures_, kDoublingsMax)));
  ++failures_;
  const Duration fifth = plain / 5;
  const Duration wait = plain - fifth + Duration(random.below(static_cast<std::uint64_t>(2 * fifth.count())));
  return asked ? std::max(wait, std::min(*asked, kAskedMost)) : wait;
}

}  // namespace switchboard::webhook
