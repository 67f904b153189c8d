// The form of settings that are texts. Each returns "" or what is wrong, in words.
#pragma once

#include <string>
#include <string_view>

namespace switchboard::config {

/// HOST:PORT, [IPv6]:PORT, or :PORT or *:PORT for every address; port 0 to 65535 (0: the kernel chooses). Names are not
/// resolved.
std::string problem_with_address(std::string_view text);

/// An address, or "" or "off".
std::string problem_with_optional_address(std::string_view text);

/// Where a listener listens: an address, unix:/path or fd:NAME; "" while it is not said.
std::string problem_with_listener_address(std::string_view text);

/// The same with ws:// or wss:// before it, or nothing.
std::string problem_with_listen_entry(std::string_view text);

/// See session::OriginList.
std::string problem_with_origin(std::string_view text);

/// See session::HostList.
std::string problem_with_host(std::string_view text);

/// See net::AddressSet.
std::string problem_with_proxy(std::string_view text);

/// The path of a request: it begins with '/', has neither query nor fragment, and only characters that a URI has.
std::string problem_with_request_path(std::string_view text);

/// Permissions of a file: three octal digits, perhaps with a 0 before them.
std::string problem_with_mode(std::string_view text);

/// 1 to 64 lower-case letters, digits, '-' and '_'.
std::string problem_with_listener_name(std::string_view text);
std::string problem_with_webhook_name(std::string_view text);

/// The same.
std::string problem_with_issuer_name(std::string_view text);

/// A path: not empty, no control characters.
std::string problem_with_path(std::string_view text);

/// A path, or "".
std::string problem_with_optional_path(std::string_view text);

/// CHAIN:KEY, two paths. The files are not looked at.
std::string problem_with_certificate(std::string_view text);

/// 1 to 64 bytes of printable ASCII.
std::string problem_with_server_name(std::string_view text);

/// The name of a room::Right.
std::string problem_with_right(std::string_view text);

/// Valid UTF-8, as a file of settings is: variables and flags may hold any bytes.
std::string problem_with_encoding(std::string_view text);

/// A namespace: 1 to 255 bytes of UTF-8, no ':' and no control characters. "@" is that of the users' own rooms; no
/// other begins so.
std::string problem_with_namespace(std::string_view text);

}  // namespace switchboard::config
