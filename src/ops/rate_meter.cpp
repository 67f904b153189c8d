#include "ops/rate_meter.h"

namespace switchboard::ops {

void RateMeter::update(Instant now, std::uint64_t total) {
  if (now - samples_[newest_].at < kSpacing) return;
  newest_ = (newest_ + 1) % samples_.size();
  samples_[newest_] = {now, total};
}

double RateMeter::per_second() const {
  const Sample& newest = samples_[newest_];
  const Sample& oldest = samples_[(newest_ + 1) % samples_.size()];
  const std::chrono::duration<double> between = newest.at - oldest.at;
  if (between.count() <= 0) return 0;
  return static_cast<double>(newest.total - oldest.total) / between.count();
}

}  // namespace switchboard::ops
