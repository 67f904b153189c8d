#include "ops/metrics_writer.h"

#include <charconv>

#include "base/assert.h"

namespace switchboard::ops {
namespace {

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

/// The shortest text that reads back as the same number, without an exponent: 0.0025. For numbers below 10^40.
std::string text_of(double number) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, number, std::chars_format::fixed).ptr};
}

std::string seconds(std::int64_t ns) {
  return text_of(static_cast<double>(ns) / 1e9);
}

}  // namespace

void MetricsWriter::family(const MetricFamily& family) {
  name_ = family.name;
  text_.append("# HELP ").append(name_).append(" ").append(family.help).append("\n");
  text_.append("# TYPE ").append(name_).append(" ").append(name_of(family.type)).append("\n");
}

void MetricsWriter::sample(std::uint64_t value, std::string_view labels) {
  line("", labels, std::to_string(value));
}
void MetricsWriter::sample(double value, std::string_view labels) {
  line("", labels, text_of(value));
}

void MetricsWriter::sample(const SharedHistogram::Snapshot& histogram, std::string_view labels) {
  SB_ASSERT(labels.empty());
  for (std::size_t i = 0; i < histogram.upper_bounds.size(); ++i) {
    line("_bucket", "le=\"" + seconds(histogram.upper_bounds[i]) + "\"", std::to_string(histogram.cumulative[i]));
  }
  line("_bucket", "le=\"+Inf\"", std::to_string(histogram.count));
  line("_sum", "", seconds(histogram.sum));
  line("_count", "", std::to_string(histogram.count));
}

void MetricsWriter::line(std::string_view suffix, std::string_view labels, std::string_view value) {
  text_.append(name_).append(suffix);
  if (!labels.empty()) text_.append("{").append(labels).append("}");
  text_.append(" ").append(value).append("\n");
}

}  // namespace switchboard::ops
