#include "cli/bench/text_parts.h"

#include <cstdarg>
#include <cstdio>

namespace switchboard::cli::bench {

std::string print(const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

std::string count(std::uint64_t number, const char* noun) {
  return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string megabytes(std::uint64_t bytes) {
  return print("%.1f MB", static_cast<double>(bytes) / 1e6);
}

std::string row(const char* name, const std::string& text) {
  return print("  %-12s ", name) + text + "\n";
}

std::string latency_row(const char* name, const Histogram& histogram) {
  if (histogram.count() == 0) return {};
  std::string text;
  for (const auto& [label, percent] : {std::pair{"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0}, {"p99.9", 99.9}}) {
    text += std::string(label) + " " + duration_text(histogram.percentile(percent)) + "   ";
  }
  return row(name, text + "max " + duration_text(histogram.max()) + "   (" + grouped(histogram.count()) + ")");
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3)
    text.insert(i - 3, ",");
  return text;
}

std::string duration_text(std::int64_t nanoseconds) {
  constexpr const char* kUnits[] = {"ns", "us", "ms", "s"};
  auto value = static_cast<double>(nanoseconds);
  int unit = 0;
  while (value >= 999.5 && unit < 3) {
    value /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return print("%.*f %s", decimals, value, kUnits[unit]);
}

}  // namespace switchboard::cli::bench
