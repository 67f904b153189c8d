#include "cli/bench/latency_json.h"

#include <utility>

#include "protocol/json_object.h"

namespace switchboard::cli::bench {

std::string latency_json(const Histogram& histogram) {
  const auto microseconds = [](std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  protocol::JsonObject json;
  json.number("count", histogram.count()).number("mean_us", histogram.mean() / 1000);
  for (const auto& [name, percent] :
       {std::pair{"p50_us", 50.0}, {"p90_us", 90.0}, {"p99_us", 99.0}, {"p99_9_us", 99.9}}) {
    json.number(name, microseconds(histogram.percentile(percent)));
  }
  return json.number("max_us", microseconds(histogram.max())).take();
}

}  // namespace switchboard::cli::bench
