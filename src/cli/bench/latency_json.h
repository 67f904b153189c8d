// A JSON object under construction, for reports.
#pragma once

#include <cstdint>
#include <string>

#include "base/histogram.h"

namespace switchboard::cli::bench {

class JsonObject {
 public:
  JsonObject& raw(const char* name, const std::string& json);
  JsonObject& number(const char* name, double value);
  JsonObject& count(const char* name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& boolean(const char* name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& text(const char* name, const std::string& value);
  std::string close() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

/// Count, mean, percentiles and maximum of nanoseconds, as microseconds.
std::string latency_json(const Histogram& histogram);

}  // namespace switchboard::cli::bench
