#include "cli/bench/json_object.h"

#include <cstdio>

namespace switchboard::cli::bench {

JsonObject& JsonObject::raw(const char* name, const std::string& json) {
  text_ += std::string(text_.size() > 1 ? "," : "") + "\"" + name + "\":" + json;
  return *this;
}

JsonObject& JsonObject::number(const char* name, double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  return raw(name, text);
}

JsonObject& JsonObject::text(const char* name, const std::string& value) {
  std::string escaped = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return raw(name, escaped + "\"");
}

std::string latency_json(const Histogram& histogram) {
  const auto microseconds = [](std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  JsonObject json;
  json.count("count", histogram.count()).number("mean_us", histogram.mean() / 1000);
  for (const auto& [name, percent] :
       {std::pair{"p50_us", 50.0}, {"p90_us", 90.0}, {"p99_us", 99.0}, {"p99_9_us", 99.9}}) {
    json.number(name, microseconds(histogram.percentile(percent)));
  }
  return json.number("max_us", microseconds(histogram.max())).close();
}

}  // namespace switchboard::cli::bench
