#include "auth/signature.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <optional>
#include <utility>

#include "auth/key_kind.h"
#include "auth/openssl_handles.h"

namespace switchboard::auth {
namespace {

using OwnedNumbers = Owned<ECDSA_SIG, ECDSA_SIG_free>;

/// RFC 7518 section 3.5: the salt is as long as the hash, and the mask is made with the same hash (OpenSSL's default).
bool set_padding(EVP_PKEY_CTX* parameters, Algorithm algorithm) {
  if (!is_pss(algorithm)) return true;
  return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/// From r and s one after the other (RFC 7518 section 3.4) to the DER that OpenSSL reads. None for a wrong length.
std::optional<std::string> der_of(std::string_view signature, std::size_t number_bytes) {
  if (signature.size() != 2 * number_bytes) return std::nullopt;
  const auto number = [&](std::size_t at) {
    return BN_bin2bn(unsigned_of(signature.substr(at)), static_cast<int>(number_bytes), nullptr);
  };
  const OwnedNumbers both(ECDSA_SIG_new());
  if (!both || ECDSA_SIG_set0(both.get(), number(0), number(number_bytes)) != 1) return std::nullopt;
  unsigned char* der = nullptr;
  const int bytes = i2d_ECDSA_SIG(both.get(), &der);
  if (bytes <= 0) return std::nullopt;
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(bytes));
  OPENSSL_free(der);
  return out;
}

/// And back: with leading zeros. Empty when it is no such DER, or a number is too long.
std::string raw_of(std::string_view der, std::size_t number_bytes) {
  const unsigned char* at = unsigned_of(der);
  const OwnedNumbers both(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!both) return {};
  std::string raw(2 * number_bytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  const int bytes = static_cast<int>(number_bytes);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), out, bytes) != bytes) return {};
  if (BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), out + number_bytes, bytes) != bytes) return {};
  return raw;
}

}  // namespace

std::string sign(EVP_PKEY* key, Algorithm algorithm, std::string_view text) {
  const ErrorsForgotten forgotten;
  const OwnedDigest context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestSignInit(context.get(), &parameters, hash_of(algorithm), nullptr, key) != 1) return {};
  if (!set_padding(parameters, algorithm)) return {};
  std::size_t bytes = 0;
  if (EVP_DigestSign(context.get(), nullptr, &bytes, unsigned_of(text), text.size()) != 1) return {};
  std::string signature(bytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &bytes, unsigned_of(text), text.size()) != 1) return {};
  signature.resize(bytes);
  const std::size_t number_bytes = number_bytes_of(algorithm);
  return number_bytes == 0 ? signature : raw_of(signature, number_bytes);
}

bool is_signature(EVP_PKEY* key, Algorithm algorithm, std::string_view text, std::string_view signature) {
  const ErrorsForgotten forgotten;
  std::string der;
  if (const std::size_t number_bytes = number_bytes_of(algorithm); number_bytes != 0) {
    auto converted = der_of(signature, number_bytes);
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  }
  const OwnedDigest context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &parameters, hash_of(algorithm), nullptr, key) != 1) return false;
  if (!set_padding(parameters, algorithm)) return false;
  return EVP_DigestVerify(context.get(), unsigned_of(signature), signature.size(), unsigned_of(text), text.size()) == 1;
}

}  // namespace switchboard::auth
