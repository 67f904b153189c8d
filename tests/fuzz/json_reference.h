// RFC 8259's grammar written down once more, as plainly as can be and apart from the server's scanner: what both are
// measured by.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace switchboard::fuzz {

class JsonReference {
 public:
  /// Where the value at the beginning of `text` (white space allowed) ends, or nothing when there is none, or when it
  /// nests deeper than `depth_max` (the outermost array or object counts as 1).
  static std::optional<std::size_t> value_end(std::string_view text, std::size_t depth_max) {
    JsonReference reference{text};
    if (!reference.value(depth_max)) return std::nullopt;
    return reference.at_;
  }
  /// Whether the text is one value and nothing else but white space.
  static bool is_document(std::string_view text, std::size_t depth_max) {
    const auto end = value_end(text, depth_max);
    return end && text.find_first_not_of(" \t\r\n", *end) == std::string_view::npos;
  }

 private:
  explicit JsonReference(std::string_view text) : text_(text) {}

  // Nothing may be read at the end of the text but this byte, which no rule below takes.
  char next() const { return at_ < text_.size() ? text_[at_] : '\x01'; }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  bool take_one_of(std::string_view characters) {
    if (at_ >= text_.size() || characters.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }
  void space() {
    while (take_one_of(" \t\r\n")) {
    }
  }
  bool digits() {
    if (!take_one_of("0123456789")) return false;
    while (take_one_of("0123456789")) {
    }
    return true;
  }

  bool value(std::size_t depth_left) {
    space();
    if (next() == '{') return depth_left > 0 && sequence('}', true, depth_left - 1);
    if (next() == '[') return depth_left > 0 && sequence(']', false, depth_left - 1);
    if (next() == '"') return string();
    return take("true") || take("false") || take("null") || number();
  }
  bool sequence(char end, bool with_keys, std::size_t depth_left) {
    const char end_text[] = {end};
    const std::string_view closing(end_text, 1);
    ++at_;
    space();
    if (take(closing)) return true;
    do {
      space();
      if (with_keys) {
        if (!string()) return false;
        space();
        if (!take(":")) return false;
      }
      if (!value(depth_left)) return false;
      space();
    } while (take(","));
    return take(closing);
  }
  bool string() {
    if (!take("\"")) return false;
    while (!take("\"")) {
      if (take("\\")) {
        if (take_one_of("\"\\/bfnrt")) continue;
        if (!take("u")) return false;
        for (int i = 0; i < 4; ++i) {
          if (!take_one_of("0123456789abcdefABCDEF")) return false;
        }
      } else {
        if (at_ >= text_.size() || static_cast<unsigned char>(text_[at_]) < 0x20) return false;
        ++at_;
      }
    }
    return true;
  }
  bool number() {
    take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (take_one_of("eE")) {
      take_one_of("+-");
      return digits();
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace switchboard::fuzz
