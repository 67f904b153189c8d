#include "auth/jwk.h"

#include <algorithm>
#include <array>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <optional>
#include <string_view>

#include "auth/base64url.h"
#include "protocol/json_array.h"

namespace switchboard::auth {
namespace {

using KeyOrError = std::expected<OwnedKey, std::string>;

constexpr std::size_t kModulusBytesMax = 16'384 / 8;
constexpr std::size_t kExponentBytesMax = 4;
constexpr std::size_t kEd25519Bytes = 32;

// RFC 7518 sections 6.2.2 and 6.3.2: any of them belongs to a private key.
constexpr std::array<std::string_view, 7> kPrivateMembers = {"d", "p", "q", "dp", "dq", "qi", "oth"};

std::optional<std::string> bytes_of(const JsonMembers& jwk, std::string_view name) {
  const auto text = jwk.text(name);
  return text ? decode_base64url(*text) : std::nullopt;
}

KeyOrError key_from(const char* kind, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return std::unexpected("has values that are no key");
  }
  return OwnedKey(key);
}

KeyOrError rsa_key(const JsonMembers& jwk) {
  const auto modulus = bytes_of(jwk, "n");
  const auto exponent = bytes_of(jwk, "e");
  if (!modulus || !exponent) return std::unexpected("must have `n` and `e` in base64url");
  if (modulus->size() > kModulusBytesMax || exponent->size() > kExponentBytesMax) {
    return std::unexpected("has an `n` of more than 16384 bits or an `e` of more than 32");
  }
  const auto number = [](const std::string& bytes) {
    return Owned<BIGNUM, BN_free>(BN_bin2bn(unsigned_of(bytes), static_cast<int>(bytes.size()), nullptr));
  };
  const auto n = number(*modulus), e = number(*exponent);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return key_from("RSA", builder.get());
}

KeyOrError ec_key(const JsonMembers& jwk) {
  const auto curve = jwk.text("crv");
  const bool is_p256 = curve == "P-256";
  if (!is_p256 && curve != "P-384") return std::unexpected("has a `crv` other than P-256 and P-384");
  const std::size_t bytes = is_p256 ? 32 : 48;
  const auto x = bytes_of(jwk, "x"), y = bytes_of(jwk, "y");
  // RFC 7518 section 6.2.1.2: with leading zeros, if need be.
  if (!x || !y || x->size() != bytes || y->size() != bytes) {
    return std::unexpected("must have `x` and `y` of " + std::to_string(bytes) + " bytes in base64url");
  }
  const std::string point = '\x04' + *x + *y;
  const char* const group = is_p256 ? "prime256v1" : "secp384r1";
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return key_from("EC", builder.get());
}

KeyOrError okp_key(const JsonMembers& jwk) {
  if (jwk.text("crv") != "Ed25519") return std::unexpected("has a `crv` other than Ed25519");
  const auto x = bytes_of(jwk, "x");
  if (!x || x->size() != kEd25519Bytes) return std::unexpected("must have an `x` of 32 bytes in base64url");
  EVP_PKEY* const key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, unsigned_of(*x), x->size());
  if (key == nullptr) return std::unexpected("has an `x` that is no key");
  return OwnedKey(key);
}

}  // namespace

bool may_verify(const JsonMembers& jwk) {
  if (jwk.has("use") && jwk.text("use") != "sig") return false;
  if (!jwk.has("key_ops")) return true;
  if (!protocol::is_json_array(jwk["key_ops"])) return false;
  protocol::JsonArray operations(jwk["key_ops"]);
  for (std::string_view operation; operations.next(operation);) {
    if (text_of_json(operation) == "verify") return true;
  }
  return false;
}

KeyOrError public_key_of(const JsonMembers& jwk) {
  const auto is_there = [&](std::string_view name) { return jwk.has(name); };
  if (std::ranges::any_of(kPrivateMembers, is_there)) {
    return std::unexpected("has a private part (`d` and others): it does not belong here");
  }
  const std::string kind = jwk.text("kty").value_or("");
  if (kind == "RSA") return rsa_key(jwk);
  if (kind == "EC") return ec_key(jwk);
  if (kind == "OKP") return okp_key(jwk);
  return std::unexpected("has a `kty` other than RSA, EC, OKP and oct");
}

std::optional<std::string> secret_of(const JsonMembers& jwk) {
  return bytes_of(jwk, "k");
}

}  // namespace switchboard::auth
