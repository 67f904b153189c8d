// HMAC (RFC 2104) with a secret that is put in once: what every check would otherwise do again (look the algorithms up,
// hash the secret) takes longer than the hash of a token.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>

#include "auth/algorithm.h"

namespace switchboard::auth {

/// Immutable; any number of threads may use one at once. Copies share what they hold. The secret is wiped with the last
/// one.
class Hmac {
 public:
  /// For no algorithm: what is no secret.
  Hmac() = default;
  /// For those that a secret of this length is for: see algorithms_of_secret.
  explicit Hmac(std::string_view secret);

  AlgorithmSet algorithms() const { return algorithms_; }
  /// `algorithm`: one that it is for. Empty if OpenSSL fails, for want of memory.
  std::string sign(Algorithm algorithm, std::string_view text) const;
  /// Takes as long for a signature that is nearly right as for one that is not.
  bool is_signature(Algorithm algorithm, std::string_view text, std::string_view signature) const;

 private:
  AlgorithmSet algorithms_;
  // With the secret in it and no text yet; each use works on a copy. By algorithm, HS256 first.
  std::array<std::shared_ptr<const EVP_MAC_CTX>, 3> keyed_;
};

}  // namespace switchboard::auth
