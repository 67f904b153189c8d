// A key that tokens are checked with, bound to the algorithms it is for: what a token says of its algorithm is compared
// with that, and decides nothing.
#pragma once

#include <expected>
#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>

#include "auth/algorithm.h"
#include "auth/hmac.h"
#include "auth/json_members.h"

namespace switchboard::auth {

inline constexpr std::size_t kSecretBytesMin = 32;

/// Immutable; any number of threads may use one at once. Copies share what they hold.
class Key {
 public:
  /// For HS256, and for HS384 and HS512 if it is as long as their hashes (RFC 7518 section 3.2). At least 32 bytes.
  static std::expected<Key, std::string> of_secret(std::string_view secret);
  /// A public key (SubjectPublicKeyInfo) or a certificate (whose dates and signature are not looked at), PEM, the first
  /// in the text; a private key is refused. RSA of 2,048 to 16,384 bits, P-256, P-384, Ed25519. The error says what is
  /// wrong with it, as behind its name.
  static std::expected<Key, std::string> of_pem(std::string_view pem);
  /// A public key in JSON (RFC 7517 section 4): kty RSA, EC, OKP, or a secret: oct. `use` and `key_ops`, if there, must
  /// allow to verify; `alg`, if there, is the only algorithm it is for.
  static std::expected<Key, std::string> of_jwk(std::string_view json);

  /// Its `kid`; "" when it has none.
  const std::string& id() const { return id_; }
  AlgorithmSet algorithms() const { return algorithms_; }
  /// `algorithm`: one that it is for.
  bool verify(Algorithm algorithm, std::string_view text, std::string_view signature) const;

 private:
  Key() = default;
  static std::expected<Key, std::string> of_kind(const JsonMembers& jwk);
  static std::expected<Key, std::string> of_public(std::shared_ptr<EVP_PKEY> found);

  std::string id_;
  AlgorithmSet algorithms_;
  Hmac hmac_;                         // HS*
  std::shared_ptr<EVP_PKEY> public_;  // all others
};

}  // namespace switchboard::auth
