// The value of a Host field.
#pragma once

#include <string_view>

namespace switchboard::http {

/// Whether the text has the form of a host with or without a port (RFC 9110 section 7.2, RFC 3986 section 3.2.2), or is
/// empty, as it may be. Of an address in brackets only the characters are looked at.
bool is_host(std::string_view text);

}  // namespace switchboard::http
