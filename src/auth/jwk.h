// What a JWK (RFC 7517, RFC 7518 section 6, RFC 8037 section 2) holds: one key in JSON.
#pragma once

#include <expected>
#include <string>

#include "auth/json_members.h"
#include "auth/openssl_handles.h"

namespace switchboard::auth {

/// RFC 7517 sections 4.2 and 4.3: whether `use` and `key_ops`, if they are there, let it check signatures.
bool may_verify(const JsonMembers& jwk);

/// The key of a JWK of kty RSA, EC or OKP. The error, as behind the key's name: it is of another kind, it has a private
/// half, its values are no key.
std::expected<OwnedKey, std::string> public_key_of(const JsonMembers& jwk);

/// The secret of a JWK of kty oct; none when it has none in base64url.
std::optional<std::string> secret_of(const JsonMembers& jwk);

}  // namespace switchboard::auth
