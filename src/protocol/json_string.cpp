#include "protocol/json_string.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "protocol/json_plain.h"

namespace switchboard::protocol {
namespace {

constexpr std::uint32_t hex_value(char c) {
  if (c <= '9') return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
}

std::uint32_t code_unit(std::string_view digits) {
  std::uint32_t unit = 0;
  for (const char c : digits.substr(0, 4))
    unit = unit << 4 | hex_value(c);
  return unit;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto put_tail = [&](int shift) { put(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put_tail(0);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put_tail(6);
    put_tail(0);
  } else {
    put(0xF0 | code_point >> 18);
    put_tail(12);
    put_tail(6);
    put_tail(0);
  }
}

constexpr bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
constexpr bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

/// Takes the digits behind \u, and the other half of a pair with its own \u. False for half a pair.
bool take_code_point(std::string_view& body, std::string& out) {
  std::uint32_t code_point = code_unit(body);
  body.remove_prefix(4);
  if (is_low_surrogate(code_point)) return false;
  if (is_high_surrogate(code_point)) {
    if (body.size() < 6 || !body.starts_with("\\u")) return false;
    const std::uint32_t low = code_unit(body.substr(2));
    if (!is_low_surrogate(low)) return false;
    body.remove_prefix(6);
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, code_point);
  return true;
}

constexpr char unescaped(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // the quote, the backslash and the slash stand for themselves
  }
}

char* write_escape(char* at, char c) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  *at++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *at++ = c;
      break;
    case '\n':
      *at++ = 'n';
      break;
    case '\r':
      *at++ = 'r';
      break;
    case '\t':
      *at++ = 't';
      break;
    default:
      *at++ = 'u';
      *at++ = '0';
      *at++ = '0';
      *at++ = kHexDigits[static_cast<unsigned char>(c) >> 4];
      *at++ = kHexDigits[static_cast<unsigned char>(c) & 0xF];
  }
  return at;
}

}  // namespace

bool unescape(std::string_view body, std::string& out) {
  out.clear();
  for (;;) {
    const std::size_t plain = body.find('\\');
    out.append(body.substr(0, plain));
    if (plain == std::string_view::npos) return true;
    const char kind = body[plain + 1];
    body.remove_prefix(plain + 2);
    if (kind != 'u') {
      out.push_back(unescaped(kind));
    } else if (!take_code_point(body, out)) {
      return false;
    }
  }
}

std::size_t written_bytes(std::string_view text) {
  std::size_t bytes = text.size() + 2;
  const char* const end = text.data() + text.size();
  std::array<char, kEscapeBytesMax> escape;
  for (const char* at = text.data(); (at = skip_plain(at, end)) != end; ++at)
    bytes += static_cast<std::size_t>(write_escape(escape.data(), *at) - escape.data()) - 1;
  return bytes;
}

char* write_string(char* at, std::string_view text) {
  *at++ = '"';
  const char* from = text.data();
  const char* const end = from + text.size();
  for (;;) {
    const char* const special = skip_plain(from, end);
    at = std::copy(from, special, at);
    if (special == end) break;
    at = write_escape(at, *special);
    from = special + 1;
  }
  *at++ = '"';
  return at;
}

void append_string(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + written_bytes_max(text.size()), [&](char* data, std::size_t) {
    return static_cast<std::size_t>(write_string(data + before, text) - data);
  });
}

std::string json_text(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

}  // namespace switchboard::protocol
