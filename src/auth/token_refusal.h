// Why a token is no good.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace switchboard::auth {

enum class RefusalReason : std::uint8_t {
  kMalformed,
  kTooLarge,
  kType,
  kUnknownKey,
  kAlgorithm,
  kSignature,
  kExpired,
  kNotYet,
  kIssuer,
  kAudience,
  kClaims,
  kRevoked,
  kKeyPending,  // of a key that may be known in a moment: the key set is being fetched
};

inline constexpr std::size_t kRefusalReasons = static_cast<std::size_t>(RefusalReason::kKeyPending) + 1;

/// In the order of the enumeration, for metrics and the log.
inline constexpr std::array<std::string_view, kRefusalReasons> kRefusalReasonNames = {
    "malformed",     "too_large",    "wrong_type",     "unknown_key", "wrong_algorithm", "bad_signature", "expired",
    "not_yet_valid", "wrong_issuer", "wrong_audience", "bad_claims",  "revoked",         "key_pending",
};

constexpr std::string_view name(RefusalReason reason) {
  return kRefusalReasonNames[static_cast<std::size_t>(reason)];
}

struct TokenRefusal {
  RefusalReason reason = RefusalReason::kMalformed;
  std::string message;  // plain words; nothing of the token but names, cut and quoted
  /// Whose rules it was judged by: the place among those of the verifier. None when it did not get that far.
  std::optional<std::size_t> issuer = {};
};

}  // namespace switchboard::auth
