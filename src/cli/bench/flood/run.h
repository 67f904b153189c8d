// One run beside a flood: bystanders are measured on the idle server, then other ones while the flood lasts.
#pragma once

#include <expected>
#include <string>

#include "cli/bench/flood/result.h"

namespace switchboard::cli::bench {

/// Blocks for the whole run; one per process. `options` has passed `check` and names a flood. The error is a sentence.
std::expected<FloodResult, std::string> run_flood(const LoadOptions& options);

}  // namespace switchboard::cli::bench
