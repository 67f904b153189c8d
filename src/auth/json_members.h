// The members of a JSON object by name, for the objects that tokens and keys are made of: small ones, in which no name
// may come twice.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace switchboard::auth {

/// Views of the text it was read from.
class JsonMembers {
 public:
  static constexpr std::size_t kDepthMax = 16;
  static constexpr std::size_t kMembersMax = 1'000;

  /// The error says what is wrong, as behind the object's name: "is not valid UTF-8", "has \"exp\" more than once". It
  /// is ASCII, and holds at most 60 bytes of the text, escaped.
  static std::expected<JsonMembers, std::string> read(std::string_view json, std::size_t depth_max = kDepthMax);

  /// The value's own bytes; "" when there is none.
  std::string_view operator[](std::string_view name) const;
  /// By their names, unescaped.
  const std::map<std::string, std::string_view, std::less<>>& all() const { return members_; }
  bool has(std::string_view name) const { return !(*this)[name].empty(); }
  /// The text of a string; none when it is no string, or has half of a surrogate pair.
  std::optional<std::string> text(std::string_view name) const;

 private:
  std::map<std::string, std::string_view, std::less<>> members_;
};

/// The text of a JSON string; none when it is no string, or has half of a surrogate pair.
std::optional<std::string> text_of_json(std::string_view json);

}  // namespace switchboard::auth
