// The word that HTTP's fields are made of.
#pragma once

#include <string_view>

namespace switchboard::http {

/// RFC 9110 section 5.6.2.
bool is_token_character(char c);

/// One token character or more.
bool is_token(std::string_view text);

}  // namespace switchboard::http
