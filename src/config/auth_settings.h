// Who is let in: [auth] and [issuers.NAME] as the operator wrote them. Knows no keys and no tokens; whoever starts the
// process makes an auth::Policy of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/issuer_settings.h"

namespace switchboard::config {

struct AuthSettings {
  IssuerSettings own;                   // of [auth] itself
  std::vector<IssuerSettings> issuers;  // the [issuers.NAME], sorted by name

  std::uint64_t token_lifetime_max_ms = 31'622'400'000;  // 366 days

  std::uint32_t timeout_ms = 10'000;
  std::uint32_t renew_margin_ms = 30'000;
  std::string cookie;  // "": none
  std::string query;   // "": none

  std::string permissions;  // of everybody who has a token: JSON, as in the token's claim; "": none besides the token's
  bool anonymous = false;
  std::string anonymous_permissions;

  /// Otherwise there is no authentication.
  bool is_on() const { return own.has_keys() || !issuers.empty(); }
  friend bool operator==(const AuthSettings&, const AuthSettings&) = default;
};

}  // namespace switchboard::config
