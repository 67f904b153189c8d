// What was found out beside a flood, as a person and as a program reads it.
#pragma once

#include <string>

#include "cli/bench/flood/result.h"

namespace switchboard::cli::bench {

std::string text_report(const FloodResult& result);

/// One object on one line. Times in microseconds.
std::string json_report(const FloodResult& result);

}  // namespace switchboard::cli::bench
