// The form of settings that are texts. Each returns "" or what is wrong, in words.
#pragma once

#include <string>
#include <string_view>

namespace switchboard::server {

/// HOST:PORT, [IPv6]:PORT or :PORT, port 0 to 65535 (0: the kernel chooses). Names are not resolved.
std::string problem_with_address(std::string_view text);

/// An address, or "" or "off".
std::string problem_with_optional_address(std::string_view text);

/// "*" or an origin as browsers send it (RFC 6454 section 6.2): scheme://host or scheme://host:port, lower case, or
/// "null".
std::string problem_with_origin(std::string_view text);

/// A path: not empty, no control characters.
std::string problem_with_path(std::string_view text);

/// 1 to 64 bytes of printable ASCII.
std::string problem_with_server_name(std::string_view text);

/// Valid UTF-8, as a file of settings is: variables and flags may hold any bytes.
std::string problem_with_encoding(std::string_view text);

/// A namespace: 1 to 255 bytes of UTF-8, no ':' and no control characters.
std::string problem_with_namespace(std::string_view text);

}  // namespace switchboard::server
