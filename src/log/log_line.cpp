#include "log/log_line.h"

#include <charconv>
#include <chrono>
#include <cmath>

#include "log/log_escape.h"

namespace switchboard::log {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

/// Writes `value` in decimal, with leading zeros, and `after` behind it. Returns where to go on.
char* put_digits(char* at, std::int64_t value, int digits, char after) {
  for (int i = digits; i-- > 0; value /= 10)
    at[i] = static_cast<char>('0' + value % 10);
  at[digits] = after;
  return at + digits + 1;
}

/// RFC 3339 in UTC with milliseconds. By hand: snprintf took half the time of a line.
void append_timestamp(std::string& out, UnixMillis unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> instant{milliseconds(unix_ms)};
  const auto day = floor<days>(instant);
  const year_month_day date(day);
  const hh_mm_ss time(instant - day);
  char text[24];
  char* at = put_digits(text, int(date.year()), 4, '-');
  at = put_digits(at, unsigned(date.month()), 2, '-');
  at = put_digits(at, unsigned(date.day()), 2, 'T');
  at = put_digits(at, time.hours().count(), 2, ':');
  at = put_digits(at, time.minutes().count(), 2, ':');
  at = put_digits(at, time.seconds().count(), 2, '.');
  at = put_digits(at, time.subseconds().count(), 3, 'Z');
  out.append(text, at);
}

template <typename Number>
void append_number(std::string& out, Number number) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

class ValueWriter {
 public:
  ValueWriter(std::string& out, LogFormat format) : out_(out), format_(format) {}

  void operator()(std::string_view text) const {
    const std::string_view shown = cut_at_character(text, kFieldBytesMax);
    if (shown.size() == text.size()) return append(shown);
    append(std::string(shown) + "...");
  }
  void operator()(std::int64_t number) const { append_number(out_, number); }
  void operator()(std::uint64_t number) const { append_number(out_, number); }
  void operator()(bool truth) const { out_.append(truth ? "true" : "false"); }
  void operator()(double number) const {
    if (format_ == LogFormat::kJson && !std::isfinite(number)) {
      out_.append("null");  // RFC 8259 section 6 has no infinities
    } else {
      append_number(out_, number);
    }
  }

 private:
  void append(std::string_view text) const {
    format_ == LogFormat::kJson ? append_json_string(out_, text) : append_plain_value(out_, text);
  }

  std::string& out_;
  LogFormat format_;
};

std::string json_line(LogLevel level, UnixMillis unix_ms, std::string_view event, std::span<const Field> fields) {
  std::string out = "{\"ts\":\"";
  append_timestamp(out, unix_ms);
  out.append("\",\"level\":\"").append(level_name(level)).append("\",\"event\":");
  append_json_string(out, event);
  for (const Field& field : fields) {
    out.push_back(',');
    append_json_string(out, field.key);
    out.push_back(':');
    std::visit(ValueWriter(out, LogFormat::kJson), field.value);
  }
  out.push_back('}');
  return out;
}

std::string plain_line(LogLevel level, UnixMillis unix_ms, std::string_view event, std::span<const Field> fields) {
  std::string out;
  append_timestamp(out, unix_ms);
  out.push_back(' ');
  out.append(level_name(level));
  out.append(6 - level_name(level).size(), ' ');  // events stand in one column
  append_plain_text(out, event);                  // it may name a path
  for (const Field& field : fields) {
    out.push_back(' ');
    out.append(field.key);
    out.push_back('=');
    std::visit(ValueWriter(out, LogFormat::kPlain), field.value);
  }
  return out;
}

}  // namespace

std::string format_log_line(LogFormat format, LogLevel level, UnixMillis unix_ms, std::string_view event,
                            std::span<const Field> fields) {
  return format == LogFormat::kJson ? json_line(level, unix_ms, event, fields)
                                    : plain_line(level, unix_ms, event, fields);
}

}  // namespace switchboard::log
