// Text that may come from a peer, made safe for a log line: it cannot end the line, forge a field or steer a terminal.
#pragma once

#include <string>
#include <string_view>

namespace switchboard::log {

// In all of them, what ends a line (U+2028 too), turns the direction of text (U+202E) or is not seen (U+200B) is
// escaped.

/// Appends a JSON string with its quotes (RFC 8259 section 7). Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Appends a TOML basic string with its quotes; as in JSON but beyond U+FFFF, where it is \UXXXXXXXX.
void append_toml_string(std::string& out, std::string_view text);

/// Appends a value for people: bare when it is one plain word, else quoted. What is escaped becomes \n, \t, \uXXXX or
/// \UXXXXXXXX, bytes that are not UTF-8 become \xXX.
void append_plain_value(std::string& out, std::string_view text);

/// The same without quotes, for the words of a line: quotes and backslashes in it stay as they are.
void append_plain_text(std::string& out, std::string_view text);

/// At most `bytes_max` bytes of `text`, not ending inside a UTF-8 sequence.
std::string_view cut_at_character(std::string_view text, std::size_t bytes_max);

}  // namespace switchboard::log
