// Which algorithms a key is for, by what it is: the binding that no token can change.
#pragma once

#include <cstddef>
#include <expected>
#include <openssl/types.h>
#include <string>

#include "auth/algorithm.h"

namespace switchboard::auth {

/// RFC 7518 section 3.2: no secret shorter than the hash. Empty below 32 bytes.
AlgorithmSet algorithms_of_secret(std::size_t bytes);

/// For both halves of a key; RSA keys are told from RSA-PSS keys. The error, as behind the key's name: it is of another
/// kind or curve, too short or too long, or anybody could sign in its name.
std::expected<AlgorithmSet, std::string> algorithms_of(const EVP_PKEY* key);

/// Null for kEdDsa, which hashes by itself.
const EVP_MD* hash_of(Algorithm algorithm);

bool is_pss(Algorithm algorithm);

/// How long r, and how long s, is in a signature of ES256 and ES384; 0 for all others.
std::size_t number_bytes_of(Algorithm algorithm);

}  // namespace switchboard::auth
