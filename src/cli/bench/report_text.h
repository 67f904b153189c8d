// A result as a person reads it.
#pragma once

#include <string>

#include "cli/bench/result.h"

namespace switchboard::cli::bench {

std::string text_report(const Result& result);

/// What a run is about to do, its defaults included: one paragraph.
std::string plan_text(const LoadOptions& options);

}  // namespace switchboard::cli::bench
