// A histogram over a few fixed bounds (a Prometheus histogram) that one thread writes and any thread may read, without
// locks. Its unit is its owner's; for durations it is nanoseconds. As a counter it is declared once, with its list.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/metric_list.h"
#include "base/shared_number.h"

namespace switchboard {

class SharedHistogram {
 public:
  struct Snapshot {
    std::vector<std::int64_t> upper_bounds;
    /// cumulative[i]: values of at most upper_bounds[i]. Never decreases from one element to the next.
    std::vector<std::uint64_t> cumulative;
    /// All values, those above the last bound included (the `+Inf` bucket).
    std::uint64_t count = 0;
    std::int64_t sum = 0;

    /// Adds one with the same bounds, as when the shards' histograms are put together.
    void merge(const Snapshot& other);
  };

  /// `upper_bounds` strictly ascending, inclusive; copied. There should be few: observe() searches them.
  SharedHistogram(MetricList& list, std::string_view name, std::string_view help,
                  std::span<const std::int64_t> upper_bounds);
  SharedHistogram(const SharedHistogram&) = delete;
  SharedHistogram& operator=(const SharedHistogram&) = delete;

  /// The writing thread. No allocation. A negative value counts as 0.
  void observe(std::int64_t value);

  /// Any thread. Taken while being written, `sum` may be a value or two ahead of or behind the counts.
  Snapshot snapshot() const;

 private:
  std::vector<std::int64_t> upper_bounds_;
  std::vector<SharedNumber> buckets_;  // one per bound, not cumulative, and one beyond
  SharedNumber sum_;
};

}  // namespace switchboard
