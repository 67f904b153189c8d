// A strict, single-pass RFC 8259 scanner over text that is already known to be UTF-8. It checks the whole grammar and
// copies nothing: values are handed on as their own bytes, whatever their size. It knows no command and no field.
// Why not a library: docs/decisions/0004-own-json-scanner.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace switchboard::protocol {

/// No scanner goes deeper than this, whatever it is asked for. A level costs one bit.
inline constexpr std::size_t kJsonDepthMax = 1'024;

/// White space around and between JSON tokens (RFC 8259 section 2).
constexpr bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// A member of the top-level object. The views are into the text.
struct JsonMember {
  std::string_view key;    // without its quotes, escapes as they stand
  std::string_view value;  // the value's own bytes, no white space around them
};

/// Where the text stopped being JSON.
struct JsonFault {
  std::size_t offset = 0;     // in bytes, from the beginning of the text
  std::string_view expected;  // a literal: "':' after the key"
};

/// One document at the beginning of a text. Call either `enter_object` and then `next_member` until it returns false,
/// or `skip_value`; then `finish`. After any false of a call that can fail, `failed()` tells an end from a fault.
class JsonScanner {
 public:
  /// `depth_max`: how deep arrays and objects may nest; the outermost counts as 1. Reads nothing outside of `text`.
  JsonScanner(std::string_view text, std::size_t depth_max);

  /// True when the document is an object; white space before it is skipped. Takes its opening brace.
  bool enter_object();
  /// The next member of that object, once it and the comma or brace behind it were found to be well-formed.
  /// False behind the last one, and on a fault.
  bool next_member(JsonMember& member);
  /// Takes a value of any kind and gives its bytes. False on a fault.
  bool skip_value(std::string_view& value);
  /// Takes the white space behind the document. False when something else follows directly.
  bool finish();

  bool failed() const { return !fault_.expected.empty(); }
  const JsonFault& fault() const { return fault_; }
  /// What has not been read yet.
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

 private:
  enum class Place : std::uint8_t { kFirstMember, kNextMember, kEnd };

  bool fail(std::string_view expected);
  /// The byte to be read next; NUL, which no token begins with, at the end of the text.
  char peek() const { return at_ < end_ ? *at_ : '\0'; }
  bool take(char c);
  void skip_space();
  bool take_value();
  bool take_scalar();
  bool take_key();
  bool take_string();
  bool take_escape();
  bool take_number();
  bool take_digits();
  bool take_literal(std::string_view literal, std::string_view expected);
  bool open();
  bool in_object() const;

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t depth_max_;
  std::size_t depth_ = 0;
  Place place_ = Place::kFirstMember;
  JsonFault fault_;
  // Bit n says whether level n + 1 is an object (1) or an array (0); levels above `depth_` mean nothing.
  std::array<std::uint64_t, kJsonDepthMax / 64> is_object_;
};

}  // namespace switchboard::protocol
