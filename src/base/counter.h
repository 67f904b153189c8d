// Numbers that operators read. Each is declared once, as a member of what counts, behind the list that it registers
// with:
//
//   MetricList metrics;
//   Counter joins{metrics, "switchboard_joins_total", "Joins of rooms."};
//
// They cannot be made without a list, so there is none that is not exported.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/metric_list.h"
#include "base/shared_number.h"

namespace switchboard {

/// How often something has happened. A SharedNumber that only grows.
class Counter : public SharedNumber {
 public:
  Counter(MetricList& list, std::string_view name, std::string_view help)
      : Counter(list, {name, MetricType::kCounter, help}, {}) {}
  /// One of several values of a family; `labels` as in MetricList.
  Counter(MetricList& list, const MetricFamily& family, std::string labels) {
    SB_ASSERT(family.type == MetricType::kCounter);
    list.add(family, std::move(labels), *this);
  }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void sub(std::uint64_t) = delete;  // set() takes over what somebody else has counted
};

/// How much there is of something at the moment.
class Gauge : public SharedNumber {
 public:
  Gauge(MetricList& list, std::string_view name, std::string_view help) {
    list.add({name, MetricType::kGauge, help}, {}, *this);
  }
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;
};

/// The counters of one family, told apart by one label.
template <std::size_t kCount>
class CounterFamily {
 public:
  /// `value_of(index)` is the label's value, as text.
  template <class ValueOf>
  CounterFamily(MetricList& list, std::string_view name, std::string_view help, std::string_view label,
                const ValueOf& value_of) {
    for (std::size_t i = 0; i < kCount; ++i)
      list.add({name, MetricType::kCounter, help}, metric_label(label, value_of(i)), counts_[i]);
  }
  CounterFamily(const CounterFamily&) = delete;
  CounterFamily& operator=(const CounterFamily&) = delete;

  SharedNumber& operator[](std::size_t index) { return counts_[index]; }
  const SharedNumber& operator[](std::size_t index) const { return counts_[index]; }

 private:
  std::array<SharedNumber, kCount> counts_;
};

}  // namespace switchboard
