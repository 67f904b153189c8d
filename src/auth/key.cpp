#include "auth/key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <optional>
#include <utility>

#include <openssl/x509.h>

#include "auth/base64url.h"
#include "auth/json_members.h"
#include "base/assert.h"
#include "protocol/json_array.h"

namespace switchboard::auth {
namespace {

constexpr int kRsaBitsMin = 2'048;  // RFC 7518 section 3.3
constexpr int kRsaBitsMax = 16'384;
constexpr std::size_t kEd25519Bytes = 32;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

using PublicKey = std::shared_ptr<EVP_PKEY>;
using KeyOrError = std::expected<PublicKey, std::string>;

PublicKey owned(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

const EVP_MD* hash_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kHs256:
    case Algorithm::kRs256:
    case Algorithm::kPs256:
    case Algorithm::kEs256:
      return EVP_sha256();
    case Algorithm::kHs384:
    case Algorithm::kRs384:
    case Algorithm::kPs384:
    case Algorithm::kEs384:
      return EVP_sha384();
    case Algorithm::kHs512:
    case Algorithm::kRs512:
    case Algorithm::kPs512:
      return EVP_sha512();
    case Algorithm::kEdDsa:
      break;  // hashes by itself
  }
  return nullptr;
}

bool is_pss(Algorithm algorithm) {
  return algorithm == Algorithm::kPs256 || algorithm == Algorithm::kPs384 || algorithm == Algorithm::kPs512;
}

AlgorithmSet algorithms_of_secret(std::size_t bytes) {
  AlgorithmSet set = {Algorithm::kHs256};
  if (bytes >= 48) set.add(Algorithm::kHs384);
  if (bytes >= 64) set.add(Algorithm::kHs512);
  return set;
}

std::string curve_of(const EVP_PKEY* key) {
  char name[64];
  std::size_t bytes = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof(name), &bytes) != 1) return {};
  return {name, bytes};
}

/// What a public key is for, by its kind; an error for kinds that no token is signed with.
std::expected<AlgorithmSet, std::string> algorithms_of(const EVP_PKEY* key) {
  using enum Algorithm;
  const int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
        return std::unexpected("is an RSA key of " + std::to_string(bits) + " bits; it must have 2048 to 16384");
      }
      if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS) return AlgorithmSet{kPs256, kPs384, kPs512};
      return AlgorithmSet{kRs256, kRs384, kRs512, kPs256, kPs384, kPs512};
    case EVP_PKEY_EC: {
      const std::string curve = curve_of(key);
      if (curve == "prime256v1") return AlgorithmSet{kEs256};
      if (curve == "secp384r1") return AlgorithmSet{kEs384};
      return std::unexpected("is on the curve " + curve + "; P-256 and P-384 are known");
    }
    case EVP_PKEY_ED25519:
      return AlgorithmSet{kEdDsa};
    default:
      return std::unexpected("is of a kind that no token is signed with: RSA, P-256, P-384 and Ed25519 are known");
  }
}

// --- JWK -----------------------------------------------------------------------------------------------------------

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
  return owned(key);
}

KeyOrError rsa_key(const JsonMembers& jwk) {
  const auto modulus = bytes_of(jwk, "n");
  const auto exponent = bytes_of(jwk, "e");
  if (!modulus || !exponent) return std::unexpected("must have `n` and `e` in base64url");
  // A large exponent makes a check slow for no gain: RFC 3447 asks for none, and providers use 65537.
  if (modulus->size() > kRsaBitsMax / 8 || exponent->empty() || exponent->size() > 4) {
    return std::unexpected("has an `n` of more than 16384 bits or an `e` of more than 32");
  }
  const auto number = [](const std::string& bytes) {
    return Owned<BIGNUM, BN_free>(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
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
  EVP_PKEY* const key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                    reinterpret_cast<const unsigned char*>(x->data()), x->size());
  if (key == nullptr) return std::unexpected("has an `x` that is no key");
  return owned(key);
}

/// RFC 7517 sections 4.2 and 4.3.
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

// --- checking ------------------------------------------------------------------------------------------------------

const unsigned char* unsigned_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_hmac(std::string_view secret, Algorithm algorithm, std::string_view text, std::string_view signature) {
  unsigned char expected[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  HMAC(hash_of(algorithm), secret.data(), static_cast<int>(secret.size()), unsigned_of(text), text.size(), expected,
       &bytes);
  return bytes > 0 && signature.size() == bytes && CRYPTO_memcmp(expected, signature.data(), bytes) == 0;
}

/// r and s one after the other (RFC 7518 section 3.4), as OpenSSL wants them.
std::optional<std::string> der_of(std::string_view signature, std::size_t number_bytes) {
  if (signature.size() != 2 * number_bytes) return std::nullopt;
  const auto number = [&](std::size_t at) {
    return BN_bin2bn(unsigned_of(signature.substr(at)), static_cast<int>(number_bytes), nullptr);
  };
  const Owned<ECDSA_SIG, ECDSA_SIG_free> both(ECDSA_SIG_new());
  ECDSA_SIG_set0(both.get(), number(0), number(number_bytes));
  unsigned char* der = nullptr;
  const int bytes = i2d_ECDSA_SIG(both.get(), &der);
  if (bytes <= 0) return std::nullopt;
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(bytes));
  OPENSSL_free(der);
  return out;
}

bool is_signed(EVP_PKEY* key, Algorithm algorithm, std::string_view text, std::string_view signature) {
  std::string der;
  if (algorithm == Algorithm::kEs256 || algorithm == Algorithm::kEs384) {
    auto converted = der_of(signature, algorithm == Algorithm::kEs256 ? 32 : 48);
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  }
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &parameters, hash_of(algorithm), nullptr, key) != 1) return false;
  // RFC 7518 section 3.5: the salt is as long as the hash.
  if (is_pss(algorithm) && (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
                            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), unsigned_of(signature), signature.size(), unsigned_of(text), text.size()) == 1;
}

/// OpenSSL keeps its errors by thread, for whoever asks next: nobody does for these.
struct ErrorsForgotten {
  ErrorsForgotten() = default;
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
  ~ErrorsForgotten() { ERR_clear_error(); }
};

}  // namespace

std::expected<Key, std::string> Key::of_secret(std::string_view secret) {
  if (secret.size() < kSecretBytesMin) return std::unexpected("must have at least 32 bytes");
  Key key;
  key.secret_ = secret;
  key.algorithms_ = algorithms_of_secret(secret.size());
  return key;
}

std::expected<Key, std::string> Key::of_pem(std::string_view pem) {
  const ErrorsForgotten forgotten;
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
    return std::unexpected("is a private key: only its public part belongs here (openssl pkey -in FILE -pubout)");
  }
  const Owned<BIO, BIO_free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  PublicKey found;
  if (pem.find("BEGIN CERTIFICATE-----") != std::string_view::npos) {
    const Owned<X509, X509_free> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate) found = owned(X509_get_pubkey(certificate.get()));
  } else {
    found = owned(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  }
  if (!found) return std::unexpected("is no public key in PEM (-----BEGIN PUBLIC KEY-----) and no certificate");
  const auto algorithms = algorithms_of(found.get());
  if (!algorithms) return std::unexpected(algorithms.error());
  Key key;
  key.pkey_ = std::move(found);
  key.algorithms_ = *algorithms;
  return key;
}

std::expected<Key, std::string> Key::of_jwk(std::string_view json) {
  const ErrorsForgotten forgotten;
  const auto jwk = JsonMembers::read(json);
  if (!jwk) return std::unexpected(jwk.error());
  if (!may_verify(*jwk)) return std::unexpected("is not for checking signatures (`use`, `key_ops`)");
  const std::string kind = jwk->text("kty").value_or("");
  Key key;
  if (kind == "oct") {
    const auto secret = bytes_of(*jwk, "k");
    if (!secret) return std::unexpected("must have a `k` in base64url");
    auto made = of_secret(*secret);
    if (!made) return made;
    key = std::move(*made);
  } else {
    if (jwk->has("d")) return std::unexpected("has a private part (`d`): it does not belong here");
    if (kind != "RSA" && kind != "EC" && kind != "OKP")
      return std::unexpected("has a `kty` other than RSA, EC, OKP, oct");
    auto found = kind == "RSA" ? rsa_key(*jwk) : kind == "EC" ? ec_key(*jwk) : okp_key(*jwk);
    if (!found) return std::unexpected(found.error());
    const auto algorithms = algorithms_of(found->get());
    if (!algorithms) return std::unexpected(algorithms.error());
    key.pkey_ = std::move(*found);
    key.algorithms_ = *algorithms;
  }
  if (jwk->has("alg")) {
    const auto only = algorithm_of(jwk->text("alg").value_or(""));
    if (!only || !key.algorithms_.has(*only)) return std::unexpected("has an `alg` that it cannot be for");
    key.algorithms_ = {*only};
  }
  if (jwk->has("kid")) {
    auto id = jwk->text("kid");
    if (!id) return std::unexpected("has a `kid` that is no text");
    key.id_ = std::move(*id);
  }
  return key;
}

bool Key::verify(Algorithm algorithm, std::string_view text, std::string_view signature) const {
  SB_ASSERT(algorithms_.has(algorithm));
  if (!pkey_) return is_hmac(secret_, algorithm, text, signature);
  const ErrorsForgotten forgotten;
  return is_signed(pkey_.get(), algorithm, text, signature);
}

}  // namespace switchboard::auth
