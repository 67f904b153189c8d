#include "auth/mint.h"

#include <openssl/pem.h>

#include "auth/base64url.h"
#include "auth/hmac.h"
#include "auth/key_kind.h"
#include "auth/openssl_handles.h"
#include "auth/signature.h"
#include "protocol/json_string.h"

namespace switchboard::auth {
namespace {

OwnedKey read_private(std::string_view pem) {
  const ErrorsForgotten forgotten;
  const OwnedBio bio = reader_of(pem);
  return OwnedKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

constexpr std::string_view kNoKey = "the file holds no private key that can be read (PEM, without a passphrase)";

std::expected<std::string, std::string> signature_of(std::string_view text, Algorithm algorithm,
                                                     const SigningKey& key) {
  const std::string algorithm_name(name(algorithm));
  if (kHmacAlgorithms.has(algorithm)) {
    if (key.secret.empty()) return std::unexpected(algorithm_name + " signs with a secret");
    const Hmac hmac(key.secret);
    if (hmac.algorithms().has(algorithm)) return hmac.sign(algorithm, text);
    return std::unexpected("the secret is too short for " + algorithm_name + ": it must be as long as the hash");
  }
  if (key.private_pem.empty()) return std::unexpected(algorithm_name + " signs with a private key");
  const OwnedKey read = read_private(key.private_pem);
  if (!read) return std::unexpected(std::string(kNoKey));
  const auto algorithms = algorithms_of(read.get());
  if (!algorithms) return std::unexpected("the key " + algorithms.error());
  if (!algorithms->has(algorithm)) return std::unexpected("the key is not one for " + algorithm_name);
  return sign(read.get(), algorithm, text);
}

}  // namespace

std::expected<Algorithm, std::string> usual_algorithm(const SigningKey& key) {
  if (!key.secret.empty()) return Algorithm::kHs256;
  const OwnedKey read = read_private(key.private_pem);
  if (!read) return std::unexpected(std::string(kNoKey));
  const auto algorithms = algorithms_of(read.get());
  if (!algorithms) return std::unexpected("the key " + algorithms.error());
  for (std::size_t i = 0; i < kAlgorithms; ++i) {
    if (const auto algorithm = static_cast<Algorithm>(i); algorithms->has(algorithm)) return algorithm;
  }
  return std::unexpected("the key is for no algorithm");
}

std::expected<std::string, std::string> mint(std::string_view claims, Algorithm algorithm, const SigningKey& key,
                                             std::string_view key_id) {
  std::string header = R"({"alg":")" + std::string(name(algorithm)) + R"(","typ":"JWT")";
  if (!key_id.empty()) header += R"(,"kid":)" + protocol::json_text(key_id);
  const std::string text = encode_base64url(header + "}") + "." + encode_base64url(claims);
  const auto signature = signature_of(text, algorithm, key);
  if (!signature) return std::unexpected(signature.error());
  if (signature->empty()) return std::unexpected("the key cannot sign");
  return text + "." + encode_base64url(*signature);
}

}  // namespace switchboard::auth
