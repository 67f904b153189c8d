#include "webhook/signer.h"

#include <array>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.h"

namespace switchboard::webhook {
namespace {

constexpr std::string_view kSharedPrefix = "whsec_";
constexpr std::string_view kPrivatePrefix = "whsk_";
// What the specification says of shared secrets.
constexpr std::size_t kSharedBytesMin = 24;
constexpr std::size_t kSharedBytesMax = 64;
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kKeyPairBytes = 64;  // the seed and the public key behind it, as libsodium has it

const unsigned char* unsigned_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Base64 as in RFC 4648 section 4, padded.
std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL writes a zero behind it
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), unsigned_of(bytes),
                                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

/// None for anything but what `base64` writes.
std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int read =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), unsigned_of(text), static_cast<int>(text.size()));
  if (read < 0) return std::nullopt;
  // It counts padding as bytes.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(read) - padding);
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

std::shared_ptr<EVP_PKEY> private_key_of(std::string_view bytes) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, unsigned_of(bytes), kSeedBytes), EVP_PKEY_free};
}

bool is_key_pair(std::string_view bytes) {
  std::array<unsigned char, kSeedBytes> its_public{};
  std::size_t size = its_public.size();
  const auto key = private_key_of(bytes);
  return key && EVP_PKEY_get_raw_public_key(key.get(), its_public.data(), &size) == 1 &&
         bytes.substr(kSeedBytes) == std::string_view(reinterpret_cast<const char*>(its_public.data()), size);
}

std::string hmac_sha256(std::string_view secret, std::string_view text) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned bytes = 0;
  const bool is_made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), unsigned_of(text),
                            text.size(), reinterpret_cast<unsigned char*>(mac.data()), &bytes) != nullptr;
  SB_ASSERT(is_made);
  mac.resize(bytes);
  return mac;
}

std::string ed25519(EVP_PKEY* key, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(64, '\0');
  std::size_t bytes = signature.size();
  const bool is_made = context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
                       EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &bytes,
                                      unsigned_of(text), text.size()) == 1;
  SB_ASSERT(is_made);
  return signature;
}

}  // namespace

std::optional<SecretKind> kind_of_secret(std::string_view secret) {
  if (secret.starts_with(kSharedPrefix)) return SecretKind::kShared;
  if (secret.starts_with(kPrivatePrefix)) return SecretKind::kPrivateKey;
  return std::nullopt;
}

std::string problem_with_secret(std::string_view secret) {
  const auto kind = kind_of_secret(secret);
  if (!kind) {
    return secret.starts_with("whpk_") ? "is a public key (whpk_): to sign takes the private one (whsk_)"
                                       : "must begin with whsec_ (or whsk_, for a private key of Ed25519)";
  }
  const bool is_shared = *kind == SecretKind::kShared;
  const auto bytes = from_base64(secret.substr(is_shared ? kSharedPrefix.size() : kPrivatePrefix.size()));
  if (!bytes) return "must have base64 with its padding behind the prefix";
  if (is_shared && (bytes->size() < kSharedBytesMin || bytes->size() > kSharedBytesMax)) {
    return "must have 24 to 64 bytes in base64 behind whsec_: `echo whsec_$(openssl rand -base64 32)` makes a good one";
  }
  if (!is_shared && bytes->size() != kSeedBytes && (bytes->size() != kKeyPairBytes || !is_key_pair(*bytes))) {
    return "must have the 32 bytes of an Ed25519 private key in base64 behind whsk_, or these and the public key's";
  }
  return "";
}

Signer::Signer(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    const auto kind = kind_of_secret(secret);
    SB_ASSERT(kind);
    if (*kind == SecretKind::kShared) {
      shared_.push_back(*from_base64(std::string_view(secret).substr(kSharedPrefix.size())));
    } else {
      private_.push_back(private_key_of(*from_base64(std::string_view(secret).substr(kPrivatePrefix.size()))));
    }
  }
}

std::string Signer::sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) const {
  std::string text(id);
  text += "." + std::to_string(timestamp_s) + ".";
  text += body;
  std::string value;
  const auto add = [&](std::string_view version, std::string_view signature) {
    value += (value.empty() ? "" : " ") + std::string(version) + "," + base64(signature);
  };
  for (const std::string& secret : shared_)
    add("v1", hmac_sha256(secret, text));
  for (const auto& key : private_)
    add("v1a", ed25519(key.get(), text));
  return value;
}

}  // namespace switchboard::webhook
