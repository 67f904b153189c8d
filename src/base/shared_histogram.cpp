#include "base/shared_histogram.h"

#include <algorithm>
#include <functional>

#include "base/assert.h"

namespace switchboard {

void SharedHistogram::Snapshot::merge(const Snapshot& other) {
  SB_ASSERT(upper_bounds == other.upper_bounds);
  std::ranges::transform(cumulative, other.cumulative, cumulative.begin(), std::plus<>{});
  count += other.count;
  sum += other.sum;
}

SharedHistogram::SharedHistogram(MetricList& list, std::string_view name, std::string_view help,
                                 std::span<const std::int64_t> upper_bounds)
    : upper_bounds_(upper_bounds.begin(), upper_bounds.end()), buckets_(upper_bounds.size() + 1) {
  SB_ASSERT(std::ranges::adjacent_find(upper_bounds_, std::greater_equal<>{}) == upper_bounds_.end());
  list.add({name, MetricType::kHistogram, help}, *this);
}

void SharedHistogram::observe(std::int64_t value) {
  value = std::max<std::int64_t>(value, 0);
  const auto bound = std::ranges::lower_bound(upper_bounds_, value);
  buckets_[static_cast<std::size_t>(bound - upper_bounds_.begin())].add();
  sum_.add(static_cast<std::uint64_t>(value));
}

SharedHistogram::Snapshot SharedHistogram::snapshot() const {
  Snapshot result{.upper_bounds = upper_bounds_, .cumulative = {}, .count = 0, .sum = 0};
  result.cumulative.reserve(upper_bounds_.size());
  result.sum = static_cast<std::int64_t>(sum_.value());
  // The count is what the buckets add up to, so that it agrees with them in every snapshot.
  for (const SharedNumber& bucket : buckets_) {
    result.count += bucket.value();
    if (result.cumulative.size() < upper_bounds_.size()) result.cumulative.push_back(result.count);
  }
  return result;
}

}  // namespace switchboard
