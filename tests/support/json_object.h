// Reads one flat JSON object as a client would: field names to their raw values. Written apart from the server's own
// scanner on purpose.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace switchboard::test {

class JsonObject {
 public:
  /// None unless `text` is exactly one object without repeated fields.
  static std::optional<JsonObject> parse(std::string_view text);

  bool has(std::string_view field) const { return raw_.find(field) != raw_.end(); }
  /// The value's own bytes, "" when it is not there.
  std::string raw(std::string_view field) const;
  /// A string's text, escapes undone (the simple ones); "" when it is no string.
  std::string text(std::string_view field) const;
  std::uint64_t number(std::string_view field) const;

 private:
  std::map<std::string, std::string, std::less<>> raw_;
};

}  // namespace switchboard::test
