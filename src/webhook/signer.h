// Signatures as the Standard Webhooks specification has them (version 1.0.0, "Signature scheme"): over
// "ID.TIMESTAMP.BODY", HMAC-SHA256 with a shared secret ("v1") or Ed25519 with a private key ("v1a").
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <openssl/types.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::webhook {

enum class SecretKind : std::uint8_t { kShared, kPrivateKey };

/// By how it begins; none when it is neither.
std::optional<SecretKind> kind_of_secret(std::string_view secret);
/// "" when it is one, else what is wrong with it, as behind its name. It never holds any of it.
std::string problem_with_secret(std::string_view secret);

/// Immutable; any number of threads may use one at once.
class Signer {
 public:
  /// `secrets`: each without a problem. While one is replaced by another both sign.
  explicit Signer(const std::vector<std::string>& secrets);

  /// The value of the field webhook-signature: those with shared secrets first, a blank between two. `timestamp_s`:
  /// seconds since the Unix epoch, as in webhook-timestamp.
  std::string sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) const;

 private:
  std::vector<std::string> shared_;
  std::vector<std::shared_ptr<EVP_PKEY>> private_;
};

}  // namespace switchboard::webhook
