// One run from the first connection to the result: join, warm up, measure, drain.
#pragma once

#include <expected>
#include <string>

#include "cli/bench/load_options.h"
#include "cli/bench/result.h"

namespace switchboard::cli::bench {

/// Blocks for the whole run; one per process. `options` has passed `check`. The error is a sentence: a connection that
/// failed, a process that cannot be read. With `options.hold` it prints "joined N": to standard output, or to
/// standard error when the JSON report goes to standard output.
std::expected<Result, std::string> run_load(const LoadOptions& options);

}  // namespace switchboard::cli::bench
