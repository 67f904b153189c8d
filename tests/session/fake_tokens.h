// Tokens without signatures, for tests of what becomes of good ones: "ann" is a token of ann's, "ann;rooms;300" one
// that may what `rooms` says and ends in 300 s. "bad" is none, "old" has expired.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "auth/policy.h"

namespace switchboard::session {

inline std::expected<auth::Claims, auth::TokenRefusal> read_fake_token(std::string_view token, UnixMillis now) {
  if (token == "bad")
    return std::unexpected(auth::TokenRefusal{auth::RefusalReason::kSignature, "the signature is wrong"});
  if (token == "old")
    return std::unexpected(auth::TokenRefusal{auth::RefusalReason::kExpired, "the token has expired"});
  auth::Claims claims;
  const auto take = [&] {
    const std::size_t end = std::min(token.find(';'), token.size());
    const std::string part(token.substr(0, end));
    token.remove_prefix(std::min(end + 1, token.size()));
    return part;
  };
  claims.user_id = take();
  if (const std::string rooms = take(); !rooms.empty()) claims.grants = rooms;
  if (const std::string seconds = take(); !seconds.empty()) claims.expires_at = now + 1'000 * std::stoll(seconds);
  return claims;
}

inline std::shared_ptr<auth::Policy> fake_policy() {
  auto policy = std::make_shared<auth::Policy>();
  policy->verify = read_fake_token;
  return policy;
}

}  // namespace switchboard::session
