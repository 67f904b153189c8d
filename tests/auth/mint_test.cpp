#include "auth/mint.h"

#include <gtest/gtest.h>
#include <memory>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string>
#include <string_view>

#include "auth/key.h"
#include "auth/test_keys.h"
#include "auth/token.h"

namespace switchboard::auth {
namespace {

using enum Algorithm;

const std::string kLongSecret(64, 's');

/// A private key that is made and thrown away; "" for none.
std::string pem_of(EVP_PKEY* made) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (!key || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(bytes)};
}

std::string problem_with(Algorithm algorithm, const SigningKey& key) {
  const auto token = mint("{}", algorithm, key);
  return token ? "none" : token.error();
}

TEST(Mint, TheUsualAlgorithmIsThatOfTheKey) {
  EXPECT_EQ(usual_algorithm({.secret = kLongSecret}), kHs256);
  EXPECT_EQ(usual_algorithm({.private_pem = kRsaKey.private_pem}), kRs256);
  EXPECT_EQ(usual_algorithm({.private_pem = kP256Key.private_pem}), kEs256);
  EXPECT_EQ(usual_algorithm({.private_pem = kP384Key.private_pem}), kEs384);
  EXPECT_EQ(usual_algorithm({.private_pem = kEd25519Key.private_pem}), kEdDsa);
}

TEST(Mint, AnRsaPssKeySignsWithPssOnly) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  ASSERT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  ASSERT_EQ(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2'048), 1);
  ASSERT_EQ(EVP_PKEY_generate(context.get(), &key), 1);
  const std::string pem = pem_of(key);
  EXPECT_EQ(usual_algorithm({.private_pem = pem}), kPs256);
  EXPECT_EQ(problem_with(kPs384, {.private_pem = pem}), "none");
  EXPECT_EQ(problem_with(kRs256, {.private_pem = pem}), "the key is not one for RS256");
}

TEST(Mint, CurvesOfTheSameLengthAreNotTakenForOneAnother) {
  const std::string bitcoins = pem_of(EVP_EC_gen("secp256k1")), longest = pem_of(EVP_EC_gen("P-521"));
  EXPECT_EQ(problem_with(kEs256, {.private_pem = bitcoins}),
            "the key is on the curve secp256k1; P-256 and P-384 are known");
  EXPECT_EQ(problem_with(kEs384, {.private_pem = longest}),
            "the key is on the curve secp521r1; P-256 and P-384 are known");
  EXPECT_EQ(problem_with(kEs384, {.private_pem = kP256Key.private_pem}), "the key is not one for ES384");
  EXPECT_FALSE(usual_algorithm({.private_pem = longest}));
}

TEST(Mint, KindsOfKeyAreNotMixed) {
  EXPECT_EQ(problem_with(kHs256, {.private_pem = kRsaKey.private_pem}), "HS256 signs with a secret");
  EXPECT_EQ(problem_with(kRs256, {.secret = kLongSecret}), "RS256 signs with a private key");
  EXPECT_EQ(problem_with(kRs256, {.private_pem = kEd25519Key.private_pem}), "the key is not one for RS256");
  EXPECT_EQ(problem_with(kEdDsa, {.private_pem = kRsaKey.private_pem}), "the key is not one for EdDSA");
  EXPECT_EQ(problem_with(kRs256, {.private_pem = kRsaKey.public_pem}),
            "the file holds no private key that can be read (PEM, without a passphrase)");
}

TEST(Mint, WhatTheServerWouldRefuseIsNotMade) {
  EXPECT_EQ(problem_with(kHs384, {.secret = std::string_view(kLongSecret).substr(0, 47)}),
            "the secret is too short for HS384: it must be as long as the hash");
  EXPECT_EQ(problem_with(kHs512, {.secret = std::string_view(kLongSecret).substr(0, 63)}),
            "the secret is too short for HS512: it must be as long as the hash");
  EXPECT_EQ(problem_with(kHs512, {.secret = kLongSecret}), "none");
  const std::string short_rsa = pem_of(EVP_RSA_gen(1'024));
  EXPECT_EQ(problem_with(kRs256, {.private_pem = short_rsa}),
            "the key is an RSA key of 1024 bits; it must have 2048 to 16384");
}

TEST(Mint, APassphraseIsNotAskedFor) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(), "sesame", 6, nullptr, nullptr), 1);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  EXPECT_EQ(problem_with(kEs256, {.private_pem = {text, static_cast<std::size_t>(bytes)}}),
            "the file holds no private key that can be read (PEM, without a passphrase)");
}

TEST(Mint, TheKeysNameIsEscapedInTheHeader) {
  const auto token = mint(R"({"sub":"ann"})", kHs256, {.secret = kLongSecret}, "a\"b\\");
  ASSERT_TRUE(token);
  const auto parts = take_apart(*token);
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ(parts->key_id, "a\"b\\");
  EXPECT_EQ(parts->algorithm, "HS256");
  EXPECT_EQ(parts->payload, R"({"sub":"ann"})");
}

// RFC 7518 section 3.4: both numbers have the curve's length, whatever they are; one in 128 begins with a zero.
TEST(Mint, NumbersOfEcdsaKeepTheirLeadingZeros) {
  const auto p256 = Key::of_pem(kP256Key.public_pem);
  ASSERT_TRUE(p256);
  bool had_leading_zero = false;
  for (int i = 0; i < 2'000 && !had_leading_zero; ++i) {
    const auto token = mint("{}", kEs256, {.private_pem = kP256Key.private_pem});
    ASSERT_TRUE(token);
    const auto parts = take_apart(*token);
    ASSERT_TRUE(parts);
    ASSERT_EQ(parts->signature.size(), 64);
    had_leading_zero = parts->signature[0] == '\0' || parts->signature[32] == '\0';
    if (!had_leading_zero) continue;
    EXPECT_TRUE(p256->verify(kEs256, parts->signed_text, parts->signature));
  }
  EXPECT_TRUE(had_leading_zero);
}

}  // namespace
}  // namespace switchboard::auth
