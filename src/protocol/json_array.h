// The elements of a JSON array, as their own bytes. For values that a JsonScanner has already handed out, and which are
// therefore well-formed.
#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/json_scanner.h"

namespace switchboard::protocol {

constexpr bool is_json_array(std::string_view json) {
  return json.starts_with('[');
}

class JsonArray {
 public:
  /// `json`: a well-formed array, without white space around it (is_json_array). Must outlive it.
  explicit JsonArray(std::string_view json) : rest_(json.substr(1)) {}

  /// The next element, without white space around it; false behind the last one.
  bool next(std::string_view& element) {
    skip_space();
    if (rest_.empty() || rest_.front() == ']') return false;
    JsonScanner scanner(rest_, kJsonDepthMax);
    if (!scanner.skip_value(element)) return false;
    rest_ = scanner.rest();
    skip_space();
    if (rest_.starts_with(',')) rest_.remove_prefix(1);
    return true;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && is_json_space(rest_.front()))
      rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace switchboard::protocol
