// Agreeing on permessage-deflate in the opening handshake (RFC 7692 sections 5 and 7.1), the server's side.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/request.h"
#include "ws/deflate_settings.h"

namespace switchboard::ws {

/// What was agreed, as far as it is not the same for everybody. We never use context takeover and compress with the
/// window of the settings: one encoding serves every client.
struct DeflateAgreement {
  /// 0: every message of the client's stands on its own. Else it may refer back to its earlier messages, within a
  /// window of 2^this bytes (9 to 15).
  std::uint8_t takeover_window_bits = 0;
  std::string response;  // the value of our Sec-WebSocket-Extensions field
};

/// Takes the first acceptable offer in the values of all Sec-WebSocket-Extensions fields, in order; nullopt when there
/// is none or the extension is not enabled. Other extensions are passed over. An offer is not acceptable (section 7.1)
/// when a parameter is unknown, comes twice, or has a value that it may not have, or when it allows us only a smaller
/// window than the settings'. Refusal: 400 for a field that is not a list of extensions at all.
std::expected<std::optional<DeflateAgreement>, http::RequestError> negotiate_deflate(
    std::span<const std::string_view> fields, const DeflateSettings& settings);

}  // namespace switchboard::ws
