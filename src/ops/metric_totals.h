// What lists of metrics say together: each metric once, its values summed over the lists that have it. Knows no metric
// by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/metric_list.h"
#include "base/shared_histogram.h"

namespace switchboard::ops {

/// One thread's. Taken without a lock while others count: each number is right, and two of them may be a few events
/// apart.
class MetricTotals {
 public:
  struct Sample {
    std::string labels;  // as in MetricList
    std::variant<std::uint64_t, SharedHistogram::Snapshot> value;
  };
  struct Family {
    MetricFamily family;
    std::vector<Sample> samples;
  };

  /// Adds what is counted now. O(entries of the list x log(families)).
  void add(const MetricList& list);

  /// In the order in which they came first.
  const std::vector<Family>& families() const { return families_; }

 private:
  Family& family_of(const MetricFamily& family);

  std::vector<Family> families_;
  std::map<std::string_view, std::size_t> by_name_;  // where in there
};

}  // namespace switchboard::ops
