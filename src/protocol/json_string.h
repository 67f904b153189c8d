// The inside of JSON strings: from a string's body to the text it stands for, and back.
#pragma once

#include <string>
#include <string_view>

namespace switchboard::protocol {

/// Replaces `out` by the text that a string's body (well-formed, without its quotes) stands for, as UTF-8. False when
/// it has half of a surrogate pair, which no UTF-8 can say; `out` is then of no use.
bool unescape(std::string_view body, std::string& out);

/// Appends valid UTF-8 text as a JSON string, quotes included, escaping what must be and nothing else.
void append_string(std::string& out, std::string_view text);

}  // namespace switchboard::protocol
