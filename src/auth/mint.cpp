#include "auth/mint.h"

#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <utility>

#include "auth/base64url.h"
#include "protocol/json_string.h"

namespace switchboard::auth {
namespace {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, FreedBy<Free>>;
using PrivateKey = Handle<EVP_PKEY, EVP_PKEY_free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* digest_of(Algorithm algorithm) {
  const std::string_view bits = name(algorithm).substr(2);
  if (bits == "256") return EVP_sha256();
  if (bits == "384") return EVP_sha384();
  return bits == "512" ? EVP_sha512() : nullptr;
}

PrivateKey read_private(std::string_view pem) {
  const Handle<BIO, BIO_free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // A key with a passphrase is not asked for one: that would wait at the terminal.
  const auto no_passphrase = [](char*, int, int, void*) { return 0; };
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

/// What each kind of key may sign with; by the curve for EC.
bool fits(const EVP_PKEY* key, Algorithm algorithm) {
  const std::string_view family = name(algorithm).substr(0, 2);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return family == "RS" || family == "PS";
    case EVP_PKEY_RSA_PSS:
      return family == "PS";
    case EVP_PKEY_EC:
      return algorithm == (EVP_PKEY_get_bits(key) == 256 ? Algorithm::kEs256 : Algorithm::kEs384);
    case EVP_PKEY_ED25519:
      return algorithm == Algorithm::kEdDsa;
    default:
      return false;
  }
}

/// r and s one after the other (RFC 7518 section 3.4).
std::string raw_of(std::string_view der, int number_bytes) {
  const unsigned char* at = bytes_of(der);
  const Handle<ECDSA_SIG, ECDSA_SIG_free> both(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!both) return {};
  std::string raw(2 * static_cast<std::size_t>(number_bytes), '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), out, number_bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), out + number_bytes, number_bytes);
  return raw;
}

std::string signature_of(EVP_PKEY* key, Algorithm algorithm, std::string_view text) {
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestSignInit(context.get(), &parameters, digest_of(algorithm), nullptr, key) != 1) return {};
  if (name(algorithm).starts_with("PS") &&
      (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return {};
  }
  std::size_t bytes = 0;
  if (EVP_DigestSign(context.get(), nullptr, &bytes, bytes_of(text), text.size()) != 1) return {};
  std::string signature(bytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &bytes, bytes_of(text), text.size()) != 1) return {};
  signature.resize(bytes);
  if (algorithm == Algorithm::kEs256) return raw_of(signature, 32);
  return algorithm == Algorithm::kEs384 ? raw_of(signature, 48) : signature;
}

std::string hmac_of(std::string_view secret, Algorithm algorithm, std::string_view text) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  HMAC(digest_of(algorithm), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(), mac, &bytes);
  return {reinterpret_cast<char*>(mac), bytes};
}

constexpr std::string_view kNoKey = "the file holds no private key that can be read (PEM, without a passphrase)";

}  // namespace

std::expected<Algorithm, std::string> usual_algorithm(const SigningKey& key) {
  if (!key.secret.empty()) return Algorithm::kHs256;
  const PrivateKey read = read_private(key.private_pem);
  if (!read) return std::unexpected(std::string(kNoKey));
  for (const Algorithm algorithm :
       {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEdDsa}) {
    if (fits(read.get(), algorithm)) return algorithm;
  }
  return std::unexpected("the key is of a kind that no token is signed with");
}

std::expected<std::string, std::string> mint(std::string_view claims, Algorithm algorithm, const SigningKey& key,
                                             std::string_view key_id) {
  std::string header = R"({"alg":")" + std::string(name(algorithm)) + R"(","typ":"JWT")";
  if (!key_id.empty()) {
    std::string quoted(protocol::written_bytes_max(key_id.size()), '\0');
    quoted.resize(static_cast<std::size_t>(protocol::write_string(quoted.data(), key_id) - quoted.data()));
    header += R"(,"kid":)" + quoted;
  }
  std::string token = encode_base64url(header + "}") + "." + encode_base64url(claims);
  std::string signature;
  const bool is_hmac = name(algorithm).starts_with("HS");
  if (is_hmac) {
    if (key.secret.empty()) return std::unexpected(std::string(name(algorithm)) + " signs with a secret");
    signature = hmac_of(key.secret, algorithm, token);
  } else {
    if (key.private_pem.empty()) return std::unexpected(std::string(name(algorithm)) + " signs with a private key");
    const PrivateKey read = read_private(key.private_pem);
    if (!read) return std::unexpected(std::string(kNoKey));
    if (!fits(read.get(), algorithm)) return std::unexpected("the key is not one for " + std::string(name(algorithm)));
    signature = signature_of(read.get(), algorithm, token);
  }
  if (signature.empty()) return std::unexpected("the key cannot sign");
  return token + "." + encode_base64url(signature);
}

}  // namespace switchboard::auth
