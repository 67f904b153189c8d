#include "ops/metric_totals.h"

#include <algorithm>

#include "base/assert.h"

namespace switchboard::ops {
namespace {

using Value = decltype(MetricTotals::Sample::value);

Value read(const SharedNumber* number) {
  return number->value();
}
Value read(const SharedHistogram* histogram) {
  return histogram->snapshot();
}

void sum_up(std::uint64_t& total, std::uint64_t value) {
  total += value;
}
void sum_up(SharedHistogram::Snapshot& total, const SharedHistogram::Snapshot& value) {
  total.merge(value);
}

}  // namespace

void MetricTotals::add(const MetricList& list) {
  for (const MetricList::Entry& entry : list.entries()) {
    std::vector<Sample>& samples = family_of(entry.family).samples;
    Value value = std::visit([](const auto* what) { return read(what); }, entry.value);
    const auto sample = std::ranges::find(samples, entry.labels, &Sample::labels);
    if (sample == samples.end()) {
      samples.push_back({entry.labels, std::move(value)});
    } else {
      // A family is of one type, so both are numbers or both are histograms.
      std::visit([&](auto& total) { sum_up(total, std::get<std::remove_reference_t<decltype(total)>>(value)); },
                 sample->value);
    }
  }
}

MetricTotals::Family& MetricTotals::family_of(const MetricFamily& family) {
  const auto [place, is_new] = by_name_.try_emplace(family.name, families_.size());
  if (is_new) families_.push_back({family, {}});
  Family& found = families_[place->second];
  SB_ASSERT(found.family == family);  // declared twice otherwise, in two ways
  return found;
}

}  // namespace switchboard::ops
