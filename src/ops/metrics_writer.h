// Writes the Prometheus text exposition format 0.0.4: families with their HELP and TYPE, and their samples. It knows
// the format only, not which metrics there are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/metric_list.h"
#include "base/shared_histogram.h"

namespace switchboard::ops {

class MetricsWriter {
 public:
  /// Begins a family.
  void family(const MetricFamily& family);

  /// A sample of the family. `labels` as they stand in braces, `code="1000"`, or "".
  void sample(std::uint64_t value, std::string_view labels = {});
  void sample(double value, std::string_view labels = {});

  /// The lines of a histogram whose values are nanoseconds, in seconds. It is its family's only one.
  void sample(const SharedHistogram::Snapshot& histogram, std::string_view labels = {});

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, std::string_view labels, std::string_view value);

  std::string text_;
  std::string_view name_;
};

}  // namespace switchboard::ops
