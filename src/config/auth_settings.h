// Who is let in: [auth] as the operator wrote it. Knows no keys and no tokens; whoever starts the process makes an
// auth::Policy of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace switchboard::config {

struct AuthSettings {
  // What a token may be signed with. With none of these there is no authentication.
  std::string secret;                         // 32 bytes at least
  std::vector<std::string> previous_secrets;  // still good, while tokens made with the new one spread
  std::vector<std::string> keys;              // PEM files
  std::string jwks;                           // a file, or where it is fetched

  std::vector<std::string> algorithms;  // empty: HS256 for secrets, all that a key is for otherwise
  std::string issuer;                   // "": any, or none
  std::vector<std::string> audience;    // empty: not looked at
  std::uint32_t leeway_ms = 30'000;
  std::uint64_t token_lifetime_max_ms = 31'622'400'000;  // 366 days

  std::uint32_t timeout_ms = 10'000;
  std::uint32_t renew_margin_ms = 30'000;
  std::string cookie;  // "": none
  std::string query;   // "": none

  std::string permissions;  // of everybody who has a token: JSON, as in the token's claim; "": none besides the token's
  bool anonymous = false;
  std::string anonymous_permissions;

  bool is_on() const { return !secret.empty() || !keys.empty() || !jwks.empty(); }
  friend bool operator==(const AuthSettings&, const AuthSettings&) = default;
};

}  // namespace switchboard::config
