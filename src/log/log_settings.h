// What is logged and how it looks. Both may change while the process runs.
#pragma once

#include <cstdint>

namespace switchboard::log {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

enum class LogFormat : std::uint8_t {
  kPlain,  // `2026-01-02T03:04:05.678Z info  connected conn=3.17.1`, for people
  kJson,   // one JSON object per line, for machines
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kPlain;
  std::uint32_t refusals_per_second = 20;  // lines about refusals, of each kind: for whoever logs them
};

}  // namespace switchboard::log
