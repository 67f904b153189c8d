// Base64 with the URL's alphabet and without padding (RFC 4648 section 5, RFC 7515 section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace switchboard::auth {

/// None for anything but what an encoder writes: also when bits that say nothing are set, or padding is there.
std::optional<std::string> decode_base64url(std::string_view text);

std::string encode_base64url(std::string_view bytes);

}  // namespace switchboard::auth
