// One who makes tokens, as the operator wrote it: what [issuers.NAME] says, and [auth] of its own. Knows no keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace switchboard::config {

struct IssuerSettings {
  std::string name = {};  // of its section [issuers.NAME]; empty for that of [auth]

  // What its tokens may be signed with.
  std::string secret = {};                         // 32 bytes at least
  std::vector<std::string> previous_secrets = {};  // still good, while tokens made with the new one spread
  std::vector<std::string> keys = {};              // PEM files
  std::string jwks = {};                           // a file, or where it is fetched

  std::vector<std::string> algorithms = {};  // empty: HS256 for secrets, all that a key is for otherwise
  std::string issuer = {};                   // its tokens' `iss`; "", in [auth] only: any other, or none
  std::vector<std::string> audience = {};    // empty: not looked at
  std::uint32_t leeway_ms = 30'000;

  /// Whether any token of its could be good.
  bool has_keys() const { return !secret.empty() || !keys.empty() || !jwks.empty(); }
  friend bool operator==(const IssuerSettings&, const IssuerSettings&) = default;
};

inline constexpr std::size_t kIssuersMax = 32;  // each may have a key set of its own to fetch: a thread

}  // namespace switchboard::config
