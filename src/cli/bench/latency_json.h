// How long things took, for reports.
#pragma once

#include <string>

#include "base/histogram.h"

namespace switchboard::cli::bench {

/// Count, mean, percentiles and maximum of nanoseconds, as microseconds.
std::string latency_json(const Histogram& histogram);

}  // namespace switchboard::cli::bench
