// One log line as text: an event's name, key-value fields, a time stamp. Pure; knows nothing of where it goes.
// What a peer sent (names, addresses, origins) may stand in a field: it is escaped, cut and never trusted.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "log/log_settings.h"

namespace switchboard::log {

/// Longest text value in bytes; a longer one is cut at a character boundary and ends in "...".
inline constexpr std::size_t kFieldBytesMax = 1024;

/// One key and its value. The views must live until the call that takes the field returns.
/// Keys are lower_snake_case literals of ours; `ts`, `level` and `event` are taken.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, bool truth) : key(name), value(truth) {}
  Field(std::string_view name, double number) : key(name), value(number) {}
  template <std::signed_integral T>
  Field(std::string_view name, T number) : key(name), value(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral T>
  Field(std::string_view name, T number) : key(name), value(static_cast<std::uint64_t>(number)) {}
};

/// The line without its newline. `event` is one of our own words or short phrases.
std::string format_log_line(LogFormat format, LogLevel level, UnixMillis unix_ms, std::string_view event,
                            std::span<const Field> fields);

}  // namespace switchboard::log
