// What the text reports are made of.
#pragma once

#include <cstdint>
#include <string>

#include "base/histogram.h"

namespace switchboard::cli::bench {

/// As printf(3), up to 255 bytes.
__attribute__((format(printf, 1, 2))) std::string print(const char* format, ...);

/// "1,234,567".
std::string grouped(std::uint64_t number);
/// "1 room", "2,000 rooms".
std::string count(std::uint64_t number, const char* noun);
std::string megabytes(std::uint64_t bytes);
/// Nanoseconds with three significant digits: "870 ns", "12.3 us", "4.56 ms", "1.20 s".
std::string duration_text(std::int64_t nanoseconds);

/// One line of a report.
std::string row(const char* name, const std::string& text);
/// The same with percentiles of nanoseconds; nothing when none was recorded.
std::string latency_row(const char* name, const Histogram& histogram);

}  // namespace switchboard::cli::bench
