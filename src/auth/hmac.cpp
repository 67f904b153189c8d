#include "auth/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "auth/key_kind.h"
#include "auth/openssl_handles.h"
#include "base/assert.h"

namespace switchboard::auth {
namespace {

constexpr std::array kAlgorithmsOfHmac = {Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512};

using OwnedMacContext = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;

std::shared_ptr<const EVP_MAC_CTX> keyed(EVP_MAC* hmac, Algorithm algorithm, std::string_view secret) {
  OwnedMacContext context(EVP_MAC_CTX_new(hmac));
  std::string hash = EVP_MD_get0_name(hash_of(algorithm));
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.data(), hash.size()),
                                   OSSL_PARAM_construct_end()};
  const bool is_ready = context && EVP_MAC_init(context.get(), unsigned_of(secret), secret.size(), parameters) == 1;
  SB_ASSERT(is_ready);  // HMAC with SHA-2 is there, or no TLS would be either
  return {context.release(), EVP_MAC_CTX_free};
}

}  // namespace

Hmac::Hmac(std::string_view secret) : algorithms_(algorithms_of_secret(secret.size())) {
  const Owned<EVP_MAC, EVP_MAC_free> hmac(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr));
  for (std::size_t i = 0; i < keyed_.size(); ++i) {
    if (algorithms_.has(kAlgorithmsOfHmac[i])) keyed_[i] = keyed(hmac.get(), kAlgorithmsOfHmac[i], secret);
  }
}

std::string Hmac::sign(Algorithm algorithm, std::string_view text) const {
  SB_ASSERT(algorithms_.has(algorithm));
  const OwnedMacContext context(EVP_MAC_CTX_dup(keyed_[static_cast<std::size_t>(algorithm)].get()));
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  std::size_t bytes = 0;
  if (!context || EVP_MAC_update(context.get(), unsigned_of(text), text.size()) != 1 ||
      EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(mac.data()), &bytes, mac.size()) != 1) {
    return {};
  }
  mac.resize(bytes);
  return mac;
}

bool Hmac::is_signature(Algorithm algorithm, std::string_view text, std::string_view signature) const {
  const std::string expected = sign(algorithm, text);
  return !expected.empty() && signature.size() == expected.size() &&
         CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0;
}

}  // namespace switchboard::auth
