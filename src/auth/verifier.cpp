#include "auth/verifier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/token.h"
#include "base/assert.h"

namespace switchboard::auth {
namespace {

using enum RefusalReason;

std::optional<TokenRefusal> refusal_for(RefusalReason reason, std::string message) {
  return TokenRefusal{.reason = reason, .message = std::move(message)};
}

/// What is wrong with the signature, if anything is.
std::optional<TokenRefusal> refusal_of_signature(const TokenParts& parts, const IssuerRules& issuer) {
  // A set whose keys have no names is asked as if the token had named none.
  const bool has_names = std::ranges::any_of(issuer.keys.keys(), [](const Key& key) { return !key.id().empty(); });
  const auto algorithm = algorithm_of(parts.algorithm);
  bool has_key = false;
  std::size_t tried = 0;
  for (const Key& key : issuer.keys.keys()) {
    if (has_names && !parts.key_id.empty() && key.id() != parts.key_id) continue;
    has_key = true;
    if (!algorithm || !(key.algorithms() & issuer.algorithms).has(*algorithm)) continue;
    if (++tried > kKeysTriedMax) break;
    if (key.verify(*algorithm, parts.signed_text, parts.signature)) return std::nullopt;
  }
  if (!has_key) return refusal_for(kUnknownKey, "the token names a key (`kid`) that is not known here");
  if (tried == 0) return refusal_for(kAlgorithm, "the token's `alg` is not one that its key is for");
  return refusal_for(kSignature, "the token's signature is not that of its key");
}

std::optional<TokenRefusal> refusal_of_time(const Payload& payload, const IssuerRules& issuer, UnixMillis now) {
  const auto leeway_ms = std::chrono::duration_cast<std::chrono::milliseconds>(issuer.leeway).count();
  if (!payload.has_expiry && issuer.expiry == Expiry::kRequired) {
    return refusal_for(kClaims, "the token has no `exp`: it must end some time");
  }
  if (payload.has_expiry && now >= payload.claims.expires_at + leeway_ms) {
    return refusal_for(kExpired, "the token has expired");
  }
  const auto lifetime_ms = std::chrono::duration_cast<std::chrono::milliseconds>(issuer.lifetime_max).count();
  if (payload.has_expiry && payload.claims.expires_at - payload.claims.issued_at.value_or(now) > lifetime_ms) {
    return refusal_for(kClaims, "the token ends too late (setting auth.token_lifetime_max_ms)");
  }
  if (payload.not_before && now < *payload.not_before - leeway_ms) {
    return refusal_for(kNotYet, "the token is not good yet (`nbf`)");
  }
  return std::nullopt;
}

std::optional<TokenRefusal> refusal_of_audience(const Payload& payload, const IssuerRules& issuer) {
  const auto& ours = issuer.audiences;
  if (ours.empty() || std::ranges::find_first_of(payload.audience, ours) != payload.audience.end()) return std::nullopt;
  return refusal_for(kAudience, "the token is for others (`aud`)");
}

}  // namespace

Verifier::Verifier(std::vector<IssuerRules> issuers) : issuers_(std::move(issuers)) {
  for (std::size_t i = 0; i < issuers_.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      SB_ASSERT(issuers_[i].issuer != issuers_[j].issuer);
}

std::expected<Claims, TokenRefusal> Verifier::verify(std::string_view token, UnixMillis now) const {
  const auto parts = take_apart(token);
  if (!parts) return std::unexpected(parts.error());
  // Read before it may be believed: only to know whose key it must have been signed with.
  auto payload = read_payload(parts->payload);
  const std::string issuer_name = payload ? payload->claims.issuer : peek_issuer(parts->payload);
  const IssuerRules* const issuer = judge_of(issuer_name);
  if (issuer == nullptr) {
    return std::unexpected(*refusal_for(kIssuer, "the token is of an issuer (`iss`) that is not known here"));
  }
  auto refusal = refusal_of_signature(*parts, *issuer);
  // From here on it is the issuer who says so; what is wrong with a token of a stranger's is not told.
  if (!refusal && !payload) refusal = payload.error();
  if (!refusal) refusal = refusal_of_time(*payload, *issuer, now);
  if (!refusal) refusal = refusal_of_audience(*payload, *issuer);
  if (refusal) {
    refusal->issuer = static_cast<std::size_t>(issuer - issuers_.data());
    return std::unexpected(std::move(*refusal));
  }
  payload->claims.leeway = issuer->leeway;
  return std::move(payload->claims);
}

/// Never two of them: with a second try a key of whoever has no name could sign for one who has.
const IssuerRules* Verifier::judge_of(std::string_view name) const {
  auto found = std::ranges::find(issuers_, name, &IssuerRules::issuer);
  if (found == issuers_.end()) found = std::ranges::find(issuers_, std::string_view(), &IssuerRules::issuer);
  return found == issuers_.end() ? nullptr : &*found;
}

}  // namespace switchboard::auth
