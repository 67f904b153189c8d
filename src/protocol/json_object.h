// Writes a JSON object, member by member.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/json_string.h"

namespace switchboard::protocol {

class JsonObject {
 public:
  /// `value`: valid UTF-8.
  JsonObject& text(std::string_view name, std::string_view value) {
    begin(name);
    append_string(out_, value);
    return *this;
  }
  template <std::integral Number>
  JsonObject& number(std::string_view name, Number value) {
    begin(name);
    out_ += std::to_string(value);
    return *this;
  }
  /// To six digits. Finite.
  JsonObject& number(std::string_view name, double value) {
    constexpr int kDigits = 6;
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value, std::chars_format::general, kDigits);
    begin(name);
    out_.append(digits, end.ptr);
    return *this;
  }
  JsonObject& boolean(std::string_view name, bool value) { return json(name, value ? "true" : "false"); }
  /// `value`: JSON text.
  JsonObject& json(std::string_view name, std::string_view value) {
    begin(name);
    out_ += value;
    return *this;
  }
  /// Once, last.
  std::string take() {
    out_ += out_.empty() ? "{}" : "}";
    return std::move(out_);
  }

 private:
  void begin(std::string_view name) {
    out_ += out_.empty() ? '{' : ',';
    append_string(out_, name);
    out_ += ':';
  }

  std::string out_;
};

}  // namespace switchboard::protocol
