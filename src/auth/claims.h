// What a token that is good says.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "base/time.h"

namespace switchboard::auth {

/// The end of a token that has none.
inline constexpr UnixMillis kNeverExpires = std::numeric_limits<UnixMillis>::max();

struct Claims {
  std::string user_id;   // `sub`: 1 to 255 bytes, as a client's own name must be
  std::string token_id;  // `jti`, "" when there is none
  std::string issuer;    // `iss`, "" when there is none
  std::optional<UnixMillis> issued_at;
  UnixMillis expires_at = kNeverExpires;
  Duration leeway = std::chrono::seconds(30);  // its issuer's: how much longer it counts, for clocks that differ
  std::string grants;                          // `switchboard`, as JSON text; "" when there is none
};

}  // namespace switchboard::auth
