// The inside of JSON strings: from a string's body to the text it stands for, and back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace switchboard::protocol {

/// The most bytes of a body that one byte of its text takes: \u0041.
inline constexpr std::size_t kEscapeBytesMax = 6;

/// Replaces `out` by the text that a string's body (well-formed, without its quotes) stands for, as UTF-8. False when
/// it has half of a surrogate pair, which no UTF-8 can say; `out` is then of no use.
bool unescape(std::string_view body, std::string& out);

/// The most bytes that `write_string` writes for a text of so many: every one of them as \u00XX, and the quotes.
constexpr std::size_t written_bytes_max(std::size_t text_bytes) {
  return kEscapeBytesMax * text_bytes + 2;
}

/// Just so many bytes `write_string` writes for this text, quotes included.
std::size_t written_bytes(std::string_view text);

/// Appends valid UTF-8 text to `out` as a JSON string, quotes included.
void append_string(std::string& out, std::string_view text);
/// The same by itself.
std::string json_text(std::string_view text);

/// Writes valid UTF-8 text as a JSON string, quotes included, escaping what must be and nothing else. Returns the end
/// of what was written.
char* write_string(char* at, std::string_view text);

}  // namespace switchboard::protocol
