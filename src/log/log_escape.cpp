#include "log/log_escape.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace switchboard::log {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

bool is_continuation(std::uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

/// Length of the UTF-8 sequence at the front of a non-empty text, 0 if there is none (RFC 3629 section 4).
std::size_t sequence_length(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
  }
  const std::uint8_t second = byte_at(text, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond_unicode = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

/// The code point of a sequence of that length.
char32_t code_point(std::string_view text, std::size_t length) {
  if (length == 1) return byte_at(text, 0);
  char32_t code = byte_at(text, 0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    code = code << 6 | (byte_at(text, i) & 0x3FU);
  return code;
}

struct Range {
  char32_t first, last;
};

/// Unicode 15: what ends a line, turns the direction of the text that follows, or is not seen at all (categories Cc,
/// Cf, Zl and Zp, and the property Default_Ignorable_Code_Point). Raw, it would forge lines or make one name look like
/// another.
constexpr Range kUnseen[] = {
    {0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x600, 0x605},
    {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool is_unseen(char32_t code) {
  const auto range = std::ranges::lower_bound(kUnseen, code, {}, &Range::last);
  return range != std::end(kUnseen) && range->first <= code;
}

void append_hex(std::string& out, std::string_view prefix, char32_t value, int digits) {
  constexpr char kDigits[] = "0123456789abcdef";
  out.append(prefix);
  while (digits-- > 0)
    out.push_back(kDigits[(value >> (4 * digits)) & 15]);
}

enum class Style : std::uint8_t {
  kJson,  // RFC 8259 section 7: beyond U+FFFF as a pair of surrogates
  kToml,  // beyond U+FFFF with eight digits
  kLine,  // for people: as in TOML, and single bytes that are not UTF-8
};

void append_escape(std::string& out, char32_t code, Style style) {
  if (code == '\n') {
    out.append("\\n");
  } else if (code == '\t') {
    out.append("\\t");
  } else if (code <= 0xFFFF) {
    append_hex(out, "\\u", code, 4);
  } else if (style == Style::kJson) {
    append_hex(out, "\\u", 0xD7C0 + (code >> 10), 4);
    append_hex(out, "\\u", 0xDC00 + (code & 0x3FF), 4);
  } else {
    append_hex(out, "\\U", code, 8);
  }
}

/// In quotation marks these and backslashes are escaped, too.
enum class Quotes : std::uint8_t { kNone, kAround };

void append_escaped(std::string& out, std::string_view text, Style style, Quotes quotes) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      if (style == Style::kLine) {
        append_hex(out, "\\x", byte_at(text, 0), 2);
      } else {
        out.append("\xEF\xBF\xBD");
      }
      text.remove_prefix(1);
      continue;
    }
    const char32_t code = code_point(text, length);
    if (is_unseen(code)) {
      append_escape(out, code, style);
    } else {
      if (quotes == Quotes::kAround && (code == '"' || code == '\\')) out.push_back('\\');
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
}

void append_string(std::string& out, std::string_view text, Style style) {
  out.push_back('"');
  append_escaped(out, text, style, Quotes::kAround);
  out.push_back('"');
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '='; });
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  append_string(out, text, Style::kJson);
}

void append_toml_string(std::string& out, std::string_view text) {
  append_string(out, text, Style::kToml);
}

void append_plain_value(std::string& out, std::string_view text) {
  if (is_plain_word(text)) {
    out.append(text);
  } else {
    append_string(out, text, Style::kLine);
  }
}

void append_plain_text(std::string& out, std::string_view text) {
  append_escaped(out, text, Style::kLine, Quotes::kNone);
}

std::string_view cut_at_character(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  // A sequence has at most three continuation bytes; longer runs are not UTF-8 and may be cut anywhere.
  for (int back = 0; back < 3 && end > 0 && is_continuation(byte_at(text, end)); ++back)
    --end;
  return text.substr(0, end);
}

}  // namespace switchboard::log
