// Who is let in, and what everybody may: what the configuration says of it, made ready. Shared by all shards.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "auth/claims.h"
#include "auth/grants.h"
#include "auth/token_refusal.h"
#include "base/time.h"

namespace switchboard::auth {

/// Immutable once handed out.
struct Policy {
  /// Judges a token. Called by any thread; must not block.
  using Verify = std::function<std::expected<Claims, TokenRefusal>(std::string_view token, UnixMillis now)>;

  Verify verify;
  Grants users;            // what everybody with a token may, besides what the token says
  bool anonymous = false;  // whether one may stay without a token
  Grants anonymous_grants;
  Duration timeout = std::chrono::seconds(10);       // for who needs a token, from the connection on
  Duration renew_margin = std::chrono::seconds(30);  // how long before its end a client is told to renew its token
  std::string cookie;                                // the cookie a token may come in; "": none
  std::string query;                                 // the parameter of the request target; "": none
};

}  // namespace switchboard::auth
