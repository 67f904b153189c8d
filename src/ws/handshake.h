// The opening handshake on the server's side (RFC 6455 section 4.2), over a parsed HTTP request.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace switchboard::ws {

/// True when the request asks to upgrade to WebSocket at all, rightly or wrongly (an Upgrade field naming websocket,
/// or a Sec-WebSocket-Key): such a request is answered by `check_upgrade`, never by a web page.
bool wants_upgrade(const http::Request& request);

struct Upgrade {
  std::string_view key;                        // Sec-WebSocket-Key, 16 bytes in base64
  std::string_view origin;                     // "" when the client sent none (not a browser)
  std::vector<std::string_view> subprotocols;  // offered, in the client's order of preference
  std::vector<std::string_view> extensions;    // Sec-WebSocket-Extensions values, one per field line
};

/// Views into the request's text, as long as that lives. Refusals: 405 not GET, 400 for a missing or wrong field (each
/// named in the message), 426 for another version (section 4.4; the answer then wants the fields `Upgrade: websocket`
/// and `Sec-WebSocket-Version: 13`), 505 below HTTP/1.1.
std::expected<Upgrade, http::RequestError> check_upgrade(const http::Request& request);

/// Sec-WebSocket-Accept for a key (section 4.2.2).
std::string accept_value(std::string_view key);

/// The 101 response; `subprotocol` and `extensions` "" send none.
std::string upgrade_response(std::string_view key, std::string_view subprotocol, std::string_view extensions = {});

}  // namespace switchboard::ws
