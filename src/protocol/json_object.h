// Writes a JSON object, member by member.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/json_string.h"

namespace switchboard::webhook {

class JsonObject {
 public:
  /// `value`: valid UTF-8.
  JsonObject& text(std::string_view name, std::string_view value) {
    begin(name);
    protocol::append_string(out_, value);
    return *this;
  }
  template <std::integral Number>
  JsonObject& number(std::string_view name, Number value) {
    begin(name);
    out_ += std::to_string(value);
    return *this;
  }
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
    protocol::append_string(out_, name);
    out_ += ':';
  }

  std::string out_;
};

}  // namespace switchboard::webhook
