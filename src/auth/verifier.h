// Whether a token is good: signed by an issuer that is known, with a key and an algorithm of its, for us, now.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "auth/claims.h"
#include "auth/key_set.h"
#include "auth/token_refusal.h"
#include "base/time.h"

namespace switchboard::auth {

enum class Expiry : std::uint8_t {
  kRequired,
  kOptional,  // a token without `exp` never ends
};

/// One who makes tokens.
struct IssuerRules {
  std::string issuer;                             // what `iss` must be; "": anything, or nothing, but another's name
  std::vector<std::string> audiences;             // `aud` must name one of them; none: it is not looked at
  AlgorithmSet algorithms = AlgorithmSet::all();  // of those that a key is for
  Duration leeway = std::chrono::seconds(30);
  Expiry expiry = Expiry::kRequired;
  /// From `iat`, or now, to `exp`: what is revoked need not be remembered for longer.
  Duration lifetime_max = std::chrono::hours(24 * 366);
  KeySet keys;
};

/// Immutable; any number of threads may use one at once.
class Verifier {
 public:
  /// No two have the same name; one at the most has none.
  explicit Verifier(std::vector<IssuerRules> issuers);

  /// The issuer is chosen by `iss` (the one without a name judges whatever names none of the others), the key by `kid`
  /// (without one, or in a set without them, all that fit: eight at the most), and only then is anything believed.
  /// Microseconds with a secret, some hundred with a public key.
  std::expected<Claims, TokenRefusal> verify(std::string_view token, UnixMillis now) const;

 private:
  const IssuerRules* judge_of(std::string_view name) const;

  std::vector<IssuerRules> issuers_;
};

}  // namespace switchboard::auth
