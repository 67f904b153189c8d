// What is measured and told to operators. A metric is declared once, where it is counted, with its name and its words;
// by that it is in a list, and whoever tells metrics walks the lists. None can be forgotten: a Counter, a Gauge and a
// SharedHistogram cannot be made without one. How the lists are written for those who read them is not known here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/shared_number.h"

namespace switchboard {

class SharedHistogram;

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

/// One thing that is measured; it may have several values, told apart by labels. Views of text that stays for good.
struct MetricFamily {
  std::string_view name;  // a counter's ends in "_total"
  MetricType type{};
  std::string_view help;  // one line without a backslash

  friend bool operator==(const MetricFamily&, const MetricFamily&) = default;
};

/// `code="1000"`. For values without quotation marks and backslashes.
inline std::string metric_label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

/// Looks at the metrics of one owner, which are members behind it and are never moved. Filled while they are made; read
/// by any thread afterwards. Costs about 100 bytes a metric: there is one for each shard, none for each connection.
class MetricList {
 public:
  struct Entry {
    MetricFamily family;
    std::string labels;  // as they stand between braces, `code="1000"`; "": the family's only value
    std::variant<const SharedNumber*, const SharedHistogram*> value;
  };

  MetricList() = default;
  MetricList(const MetricList&) = delete;
  MetricList& operator=(const MetricList&) = delete;

  void add(const MetricFamily& family, std::string labels, const SharedNumber& number) {
    entries_.push_back({family, std::move(labels), &number});
  }
  void add(const MetricFamily& family, const SharedHistogram& histogram) {
    entries_.push_back({family, {}, &histogram});
  }

  /// In the order of their declarations.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace switchboard
