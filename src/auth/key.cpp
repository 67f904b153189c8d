#include "auth/key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <optional>
#include <utility>

#include <openssl/x509.h>

#include "auth/json_members.h"
#include "auth/jwk.h"
#include "auth/key_kind.h"
#include "auth/openssl_handles.h"
#include "auth/signature.h"
#include "base/assert.h"

namespace switchboard::auth {
namespace {

constexpr std::size_t kPemBytesMax = 256 * 1024;
constexpr std::size_t kKeyIdBytesMax = 255;  // no token names a longer one

OwnedKey read_public(std::string_view pem) {
  const OwnedBio bio = reader_of(pem);
  if (pem.find("BEGIN CERTIFICATE-----") == std::string_view::npos) {
    return OwnedKey(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  }
  const Owned<X509, X509_free> certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  return OwnedKey(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

}  // namespace

std::expected<Key, std::string> Key::of_secret(std::string_view secret) {
  if (secret.size() < kSecretBytesMin) return std::unexpected("must have at least 32 bytes");
  Key key;
  key.hmac_ = Hmac(secret);
  key.algorithms_ = key.hmac_.algorithms();
  return key;
}

std::expected<Key, std::string> Key::of_pem(std::string_view pem) {
  const ErrorsForgotten forgotten;
  if (pem.size() > kPemBytesMax) return std::unexpected("has more than 262144 bytes");
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
    return std::unexpected("is a private key: only its public part belongs here (openssl pkey -in FILE -pubout)");
  }
  OwnedKey found = read_public(pem);
  if (!found) return std::unexpected("is no public key in PEM (-----BEGIN PUBLIC KEY-----) and no certificate");
  return of_public(std::move(found));
}

std::expected<Key, std::string> Key::of_jwk(std::string_view json) {
  const ErrorsForgotten forgotten;
  const auto jwk = JsonMembers::read(json);
  if (!jwk) return std::unexpected(jwk.error());
  if (!may_verify(*jwk)) return std::unexpected("is not for checking signatures (`use`, `key_ops`)");
  auto key = of_kind(*jwk);
  if (!key) return key;
  if (jwk->has("alg")) {
    const auto only = algorithm_of(jwk->text("alg").value_or(""));
    if (!only || !key->algorithms_.has(*only)) return std::unexpected("has an `alg` that it cannot be for");
    key->algorithms_ = {*only};
  }
  if (jwk->has("kid")) {
    auto id = jwk->text("kid");
    if (!id || id->size() > kKeyIdBytesMax) return std::unexpected("has a `kid` that is no text of up to 255 bytes");
    key->id_ = std::move(*id);
  }
  return key;
}

std::expected<Key, std::string> Key::of_kind(const JsonMembers& jwk) {
  if (jwk.text("kty") == "oct") {
    const auto secret = secret_of(jwk);
    if (!secret) return std::unexpected("must have a `k` in base64url");
    return of_secret(*secret);
  }
  auto found = public_key_of(jwk);
  if (!found) return std::unexpected(std::move(found.error()));
  return of_public(std::move(*found));
}

std::expected<Key, std::string> Key::of_public(std::shared_ptr<EVP_PKEY> found) {
  const auto algorithms = algorithms_of(found.get());
  if (!algorithms) return std::unexpected(algorithms.error());
  Key key;
  key.public_ = std::move(found);
  key.algorithms_ = *algorithms;
  return key;
}

bool Key::verify(Algorithm algorithm, std::string_view text, std::string_view signature) const {
  SB_ASSERT(algorithms_.has(algorithm));
  if (!public_) return hmac_.is_signature(algorithm, text, signature);
  return is_signature(public_.get(), algorithm, text, signature);
}

}  // namespace switchboard::auth
