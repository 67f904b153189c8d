// A result as a program reads it: one JSON object with units in its names. Latencies are in microseconds.
#pragma once

#include <string>

#include "cli/bench/result.h"

namespace switchboard::cli::bench {

std::string json_report(const Result& result);

}  // namespace switchboard::cli::bench
