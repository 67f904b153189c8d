// Signatures of public-key algorithms as RFC 7518 and RFC 8037 write them: made, and checked. They know nothing of
// tokens.
#pragma once

#include <openssl/types.h>
#include <string>
#include <string_view>

#include "auth/algorithm.h"

namespace switchboard::auth {

/// `key`: of a kind that `algorithm` is for (algorithms_of). Empty when it has no private half.
std::string sign(EVP_PKEY* key, Algorithm algorithm, std::string_view text);

/// The same. Does not change the key: any number of threads may use one at once.
bool is_signature(EVP_PKEY* key, Algorithm algorithm, std::string_view text, std::string_view signature);

}  // namespace switchboard::auth
