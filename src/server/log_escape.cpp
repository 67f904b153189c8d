#include "server/log_escape.h"

#include <algorithm>
#include <cstdint>

namespace switchboard::server {
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

/// The code point of a control character (C0, DEL, C1) at the front, or -1. C1 controls take two bytes.
int control_character(std::string_view text, std::size_t length) {
  const std::uint8_t first = byte_at(text, 0);
  if (length == 1 && (first < 0x20 || first == 0x7F)) return first;
  if (length == 2 && first == 0xC2 && byte_at(text, 1) < 0xA0) return byte_at(text, 1);
  return -1;
}

void append_hex(std::string& out, std::string_view prefix, int value) {
  constexpr char kDigits[] = "0123456789abcdef";
  out.append(prefix);
  out.push_back(kDigits[(value >> 4) & 15]);
  out.push_back(kDigits[value & 15]);
}

void append_escaped(std::string& out, std::string_view text, bool json) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      if (json) {
        out.append("\xEF\xBF\xBD");
      } else {
        append_hex(out, "\\x", byte_at(text, 0));
      }
      text.remove_prefix(1);
      continue;
    }
    const int control = control_character(text, length);
    if (control == '\n') {
      out.append("\\n");
    } else if (control == '\t') {
      out.append("\\t");
    } else if (control >= 0) {
      append_hex(out, "\\u00", control);
    } else {
      if (text.front() == '"' || text.front() == '\\') out.push_back('\\');
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '='; });
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text, /*json=*/true);
  out.push_back('"');
}

void append_plain_value(std::string& out, std::string_view text) {
  if (is_plain_word(text)) {
    out.append(text);
    return;
  }
  out.push_back('"');
  append_escaped(out, text, /*json=*/false);
  out.push_back('"');
}

std::string_view cut_at_character(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  // A sequence has at most three continuation bytes; longer runs are not UTF-8 and may be cut anywhere.
  for (int back = 0; back < 3 && end > 0 && is_continuation(byte_at(text, end)); ++back)
    --end;
  return text.substr(0, end);
}

}  // namespace switchboard::server
