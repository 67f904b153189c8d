// What a peer has sent, made fit to be shown in the text of an answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace switchboard::http {

/// `text` in double quotes: visible ASCII and blanks as they stand, quotes and backslashes behind a backslash, every
/// other byte as \xXX. At most `bytes_max` bytes of it are shown; "..." then stands behind the quotes.
std::string visible_text(std::string_view text, std::size_t bytes_max);

}  // namespace switchboard::http
