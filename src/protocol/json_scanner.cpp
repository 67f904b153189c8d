#include "protocol/json_scanner.h"

#include <algorithm>

#include "protocol/json_plain.h"

namespace switchboard::protocol {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

JsonScanner::JsonScanner(std::string_view text, std::size_t depth_max)
    : begin_(text.data()),
      at_(text.data()),
      end_(text.data() + text.size()),
      depth_max_(std::min(depth_max, kJsonDepthMax)) {}

bool JsonScanner::fail(std::string_view expected) {
  fault_ = {.offset = static_cast<std::size_t>(at_ - begin_), .expected = expected};
  return false;
}

inline bool JsonScanner::take(char c) {
  if (peek() != c) return false;
  ++at_;
  return true;
}

inline void JsonScanner::skip_space() {
  while (at_ < end_ && is_json_space(*at_))
    ++at_;
}

// --- the outermost value -------------------------------------------------------------------------------------------

bool JsonScanner::enter_object() {
  skip_space();
  return peek() == '{' && open();
}

bool JsonScanner::next_member(JsonMember& member) {
  if (place_ == Place::kEnd || failed()) return false;
  skip_space();
  if (place_ == Place::kFirstMember && take('}')) {
    --depth_;
    place_ = Place::kEnd;
    return false;
  }
  const char* const key = at_ + 1;
  if (!take_string()) return fault_.expected.empty() ? fail("a key in double quotes") : false;
  member.key = {key, static_cast<std::size_t>(at_ - key) - 1};
  skip_space();
  if (!take(':')) return fail("':' after the key");
  if (!skip_value(member.value)) return false;
  skip_space();
  if (take(',')) {
    place_ = Place::kNextMember;
  } else if (take('}')) {
    --depth_;
    place_ = Place::kEnd;
  } else {
    return fail("',' or '}'");
  }
  return true;
}

bool JsonScanner::skip_value(std::string_view& value) {
  skip_space();
  const char* const from = at_;
  // Most values are scalars: they need no loop.
  if (peek() == '{' || peek() == '[' ? !take_value() : !take_scalar()) return false;
  value = {from, static_cast<std::size_t>(at_ - from)};
  return true;
}

bool JsonScanner::finish() {
  if (at_ < end_ && !is_json_space(*at_)) return fail("white space or the end of the message");
  skip_space();
  return true;
}

// --- values --------------------------------------------------------------------------------------------------------

bool JsonScanner::open() {
  if (depth_ >= depth_max_) return fail("arrays and objects nested less deeply");
  const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
  std::uint64_t& word = is_object_[depth_ / 64];
  word = *at_ == '{' ? word | bit : word & ~bit;
  ++depth_;
  ++at_;
  return true;
}

inline bool JsonScanner::in_object() const {
  return (is_object_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1) != 0;
}

/// A loop in place of recursion: what a client nests costs it a bit a level, and the thread no stack.
bool JsonScanner::take_value() {
  const std::size_t outer = depth_;
  for (;;) {
    skip_space();
    if (const char c = peek(); c == '{' || c == '[') {
      if (!open()) return false;
      skip_space();
      if (!take(c == '{' ? '}' : ']')) {
        if (c == '{' && !take_key()) return false;
        continue;
      }
      --depth_;
    } else if (!take_scalar()) {
      return false;
    }
    // A value is complete, and with it every container whose end follows.
    for (;;) {
      if (depth_ == outer) return true;
      skip_space();
      if (take(',')) {
        skip_space();
        if (in_object() && !take_key()) return false;
        break;
      }
      if (!take(in_object() ? '}' : ']')) return fail(in_object() ? "',' or '}'" : "',' or ']'");
      --depth_;
    }
  }
}

bool JsonScanner::take_scalar() {
  switch (peek()) {
    case '"':
      return take_string();
    case 't':
      return take_literal("true", "'true'");
    case 'f':
      return take_literal("false", "'false'");
    case 'n':
      return take_literal("null", "'null'");
    default:
      if (peek() == '-' || is_digit(peek())) return take_number();
      return fail("a value");
  }
}

bool JsonScanner::take_literal(std::string_view literal, std::string_view expected) {
  if (!rest().starts_with(literal)) return fail(expected);
  at_ += literal.size();
  return true;
}

/// A member's key and the colon behind it.
bool JsonScanner::take_key() {
  if (!take_string()) return fault_.expected.empty() ? fail("a key in double quotes") : false;
  skip_space();
  return take(':') || fail("':' after the key");
}

/// False without a fault when there is no opening quote.
bool JsonScanner::take_string() {
  if (!take('"')) return false;
  for (;;) {
    at_ = skip_plain(at_, end_);
    if (at_ == end_) return fail("the closing quote of a string");
    if (*at_ == '"') break;
    if (*at_ != '\\') return fail("control characters in strings to be escaped");
    if (!take_escape()) return false;
  }
  ++at_;
  return true;
}

/// RFC 8259 section 7. A surrogate need not be one of a pair there, and is not looked at.
bool JsonScanner::take_escape() {
  ++at_;
  switch (peek()) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      ++at_;
      return true;
    case 'u':
      ++at_;
      for (int i = 0; i < 4; ++i) {
        if (!is_hex_digit(peek())) return fail("four hexadecimal digits after \\u");
        ++at_;
      }
      return true;
    default:
      return fail("one of \"\\/bfnrtu after a backslash");
  }
}

/// RFC 8259 section 6. Its size and precision are the receiver's business.
bool JsonScanner::take_number() {
  take('-');
  if (!take('0') && !take_digits()) return false;
  if (take('.') && !take_digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    return take_digits();
  }
  return true;
}

bool JsonScanner::take_digits() {
  if (!is_digit(peek())) return fail("a digit");
  while (is_digit(peek()))
    ++at_;
  return true;
}

}  // namespace switchboard::protocol
