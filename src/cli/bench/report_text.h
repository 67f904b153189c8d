// A result as a person reads it.
#pragma once

#include <cstdint>
#include <string>

#include "cli/bench/result.h"

namespace switchboard::cli::bench {

std::string text_report(const Result& result);

/// "1,234,567".
std::string grouped(std::uint64_t number);

/// Nanoseconds with three significant digits: "870 ns", "12.3 us", "4.56 ms", "1.20 s".
std::string duration_text(std::int64_t nanoseconds);

}  // namespace switchboard::cli::bench
