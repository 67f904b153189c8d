// Makes tokens, for development and tests: in production the back end does.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "auth/algorithm.h"

namespace switchboard::auth {

/// What a token is signed with. Exactly one is given.
struct SigningKey {
  std::string_view secret = {};       // of at least 32 bytes
  std::string_view private_pem = {};  // an unencrypted private key
};

/// `claims`: a JSON object, which becomes the payload as it stands. `key_id`: "" for none. The error is a sentence.
std::expected<std::string, std::string> mint(std::string_view claims, Algorithm algorithm, const SigningKey& key,
                                             std::string_view key_id = {});

/// What a key signs with when nobody says: HS256, RS256, ES256 or ES384 by its curve, EdDSA.
std::expected<Algorithm, std::string> usual_algorithm(const SigningKey& key);

}  // namespace switchboard::auth
