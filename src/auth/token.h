// A token as it is written (JWT, RFC 7519, in the compact form of RFC 7515): taken apart and read, not yet believed.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/claims.h"
#include "auth/token_refusal.h"

namespace switchboard::auth {

inline constexpr std::size_t kTokenBytesMax = 8'192;

struct TokenParts {
  std::string_view signed_text;  // of the token: header and payload as they stand
  std::string algorithm;         // `alg`, whatever it says
  std::string key_id;            // `kid`, "" when there is none
  std::string payload;           // JSON, not looked at
  std::string signature;
};

/// Takes it apart and reads its header. `signed_text` is a view of `token`.
std::expected<TokenParts, TokenRefusal> take_apart(std::string_view token);

/// What a payload claims, once it may be believed; `issuer` may be read before.
struct Payload {
  Claims claims;
  std::vector<std::string> audience;
  std::optional<UnixMillis> not_before;
  bool has_expiry = false;
};

std::expected<Payload, TokenRefusal> read_payload(std::string_view json);

/// Its `iss`, whatever else may be wrong with it; "" when there is none.
std::string peek_issuer(std::string_view json);

}  // namespace switchboard::auth
