#include "auth/key.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "auth/base64url.h"
#include "auth/key_set.h"
#include "auth/mint.h"
#include "auth/test_keys.h"
#include "auth/token.h"

namespace switchboard::auth {
namespace {

std::string jwk_problem(std::string_view jwk) {
  const auto key = Key::of_jwk(jwk);
  return key ? "none" : key.error();
}

/// Whether the key takes a token as one of that algorithm.
bool takes(const Key& key, std::string_view token) {
  const auto parts = take_apart(token);
  EXPECT_TRUE(parts);
  const auto algorithm = algorithm_of(parts->algorithm);
  return algorithm && key.algorithms().has(*algorithm) && key.verify(*algorithm, parts->signed_text, parts->signature);
}

TEST(Base64Url, IsWhatAnEncoderWritesAndNothingElse) {
  for (std::size_t bytes = 0; bytes < 70; ++bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i)
      text.push_back(static_cast<char>(i * 37 + 251));
    EXPECT_EQ(decode_base64url(encode_base64url(text)), text) << bytes;
  }
  EXPECT_EQ(decode_base64url("AA"), std::string(1, '\0'));
  for (const char* wrong : {"A", "AB", "AAB", "AA==", "A+A=", "A/AA", "A AA", "AAAAA", "\xC3\xA9"})
    EXPECT_EQ(decode_base64url(wrong), std::nullopt) << wrong;
}

// RFC 7515, appendix A.1: the token of the RFC, with its key.
TEST(Key, TakesTheRfcsHmacToken) {
  const auto key = Key::of_jwk(
      R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})");
  ASSERT_TRUE(key) << key.error();
  EXPECT_TRUE(takes(*key,
                    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
                    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
}

// RFC 7515, appendix A.3.
TEST(Key, TakesTheRfcsEcdsaToken) {
  const auto key = Key::of_jwk(
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  ASSERT_TRUE(key) << key.error();
  EXPECT_TRUE(takes(*key,
                    "eyJhbGciOiJFUzI1NiJ9."
                    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
                    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
}

// RFC 8037, appendix A.4: what is signed there is no JWT, but the signature is one of ours.
TEST(Key, TakesTheRfcsEd25519Signature) {
  const auto key = Key::of_jwk(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  ASSERT_TRUE(key) << key.error();
  EXPECT_TRUE(takes(*key,
                    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"));
}

TEST(Key, ThoseOfPemAndJwkAreTheSame) {
  for (const TestKey* test_key : {&kRsaKey, &kP256Key, &kP384Key, &kEd25519Key}) {
    const auto pem = Key::of_pem(test_key->public_pem);
    const auto jwk = Key::of_jwk(test_key->jwk);
    ASSERT_TRUE(pem) << pem.error();
    ASSERT_TRUE(jwk) << jwk.error();
    EXPECT_EQ(pem->algorithms(), jwk->algorithms());
    const SigningKey signing{.private_pem = test_key->private_pem};
    const auto token = mint("{}", *usual_algorithm(signing), signing);
    ASSERT_TRUE(token) << token.error();
    EXPECT_TRUE(takes(*pem, *token));
    EXPECT_TRUE(takes(*jwk, *token));
  }
}

TEST(Key, APrivateKeyDoesNotBelongHere) {
  const auto key = Key::of_pem(kP256Key.private_pem);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error(), "is a private key: only its public part belongs here (openssl pkey -in FILE -pubout)");
  EXPECT_EQ(
      jwk_problem(
          R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"),
      "has a private part (`d` and others): it does not belong here");
  EXPECT_EQ(jwk_problem(R"({"kty":"OKP","crv":"Ed25519","x":"","q":""})"),
            "has a private part (`d` and others): it does not belong here");
}

TEST(Key, WhatIsNoKeyIsSaid) {
  for (const char* text : {"", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"})
    EXPECT_EQ(Key::of_pem(text).error(), "is no public key in PEM (-----BEGIN PUBLIC KEY-----) and no certificate");
  EXPECT_EQ(Key::of_pem(kShortRsaPem).error(), "is an RSA key of 1024 bits; it must have 2048 to 16384");
  EXPECT_EQ(jwk_problem("[]"), "is not a JSON object");
  EXPECT_EQ(jwk_problem("{}"), "has a `kty` other than RSA, EC, OKP and oct");
  EXPECT_EQ(jwk_problem(R"({"kty":"oct","k":"c2hvcnQ"})"), "must have at least 32 bytes");
  EXPECT_EQ(jwk_problem(R"({"kty":"oct","k":"not base64"})"), "must have a `k` in base64url");
  EXPECT_EQ(jwk_problem(R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})"), "has a `crv` other than P-256 and P-384");
  EXPECT_EQ(jwk_problem(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"),
            "must have `x` and `y` of 32 bytes in base64url");
  const std::string zeros = encode_base64url(std::string(32, '\0'));
  EXPECT_EQ(jwk_problem(R"({"kty":"EC","crv":"P-256","x":")" + zeros + R"(","y":")" + zeros + R"("})"),
            "has values that are no key")
      << "a point that is not on the curve";
  EXPECT_EQ(jwk_problem(R"({"kty":"OKP","crv":"X25519","x":"AA"})"), "has a `crv` other than Ed25519");
  EXPECT_EQ(jwk_problem(R"({"kty":"RSA","n":"AQ","e":"AQAB"})"), "is an RSA key of 1 bits; it must have 2048 to 16384");
  EXPECT_EQ(jwk_problem(R"({"kty":"RSA","n":"AQ","e":"AAAAAAAB"})"),
            "has an `n` of more than 16384 bits or an `e` of more than 32");
}

// With an exponent of 1 the signature is the padded hash itself, for anybody to write.
TEST(Key, AnExponentThatProtectsNothingIsRefused) {
  const auto with_exponent = [](std::string_view bytes) {
    std::string jwk(kRsaKey.jwk);
    return jwk.replace(jwk.rfind("AQAB"), 4, encode_base64url(bytes));
  };
  const char* const problem = "has an exponent that is not odd, is 1, or has more than 32 bits";
  for (const std::string_view wrong : {std::string_view("\1"), std::string_view("\0\0\0\1", 4), std::string_view("\2"),
                                       std::string_view("\1\0\0", 3)}) {
    EXPECT_EQ(jwk_problem(with_exponent(wrong)), problem);
  }
  EXPECT_EQ(jwk_problem(with_exponent("\3")), "none");
  EXPECT_EQ(jwk_problem(with_exponent("\xFF\xFF\xFF\xFF")), "none");
}

TEST(Key, OfACertificateCountsItsPublicKey) {
  const auto key = Key::of_pem(kP256Certificate);
  ASSERT_TRUE(key) << key.error();
  EXPECT_EQ(key->algorithms(), AlgorithmSet{Algorithm::kEs256});
  const auto token = mint("{}", Algorithm::kEs256, {.private_pem = kP256Key.private_pem});
  EXPECT_TRUE(takes(*key, token.value_or("")));
  EXPECT_FALSE(Key::of_pem(kP256Certificate.substr(0, 200)));
}

// OpenSSL would ask for the passphrase at the terminal that the server was started from.
TEST(Key, APublicKeyThatSaysItIsEncryptedIsRefused) {
  std::string pem(kP256Key.public_pem);
  pem.insert(pem.find('\n') + 1, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  EXPECT_EQ(Key::of_pem(pem).error(), "is no public key in PEM (-----BEGIN PUBLIC KEY-----) and no certificate");
}

TEST(Key, OneOfAHugeFileIsNotLookedFor) {
  EXPECT_EQ(Key::of_pem(std::string(256 * 1024 + 1, 'x')).error(), "has more than 262144 bytes");
}

TEST(Key, IsForWhatItsFieldsSay) {
  const std::string secret = R"("kty":"oct","k":")" + encode_base64url(std::string(64, 'x')) + "\"";
  EXPECT_EQ(Key::of_jwk("{" + secret + R"(,"alg":"HS384"})")->algorithms(), AlgorithmSet{Algorithm::kHs384});
  EXPECT_EQ(jwk_problem("{" + secret + R"(,"alg":"RS256"})"), "has an `alg` that it cannot be for");
  EXPECT_EQ(jwk_problem("{" + secret + R"(,"alg":"none"})"), "has an `alg` that it cannot be for");
  EXPECT_EQ(jwk_problem("{" + secret + R"(,"use":"enc"})"), "is not for checking signatures (`use`, `key_ops`)");
  EXPECT_EQ(jwk_problem("{" + secret + R"(,"key_ops":["sign"]})"), "is not for checking signatures (`use`, `key_ops`)");
  EXPECT_EQ(jwk_problem("{" + secret + R"(,"use":"sig","key_ops":["verify","sign"]})"), "none");
  EXPECT_EQ(jwk_problem("{" + secret + R"(,"kid":7})"), "has a `kid` that is no text of up to 255 bytes");
  const auto with_id = [&](std::size_t bytes) {
    return "{" + secret + R"(,"kid":")" + std::string(bytes, 'k') + "\"}";
  };
  EXPECT_EQ(jwk_problem(with_id(255)), "none");
  EXPECT_EQ(jwk_problem(with_id(256)), "has a `kid` that is no text of up to 255 bytes");
}

TEST(JwkSet, KeysThatCannotBeUsedAreLeftOutAndSaid) {
  const std::string good(kEd25519Key.jwk);
  const auto set =
      read_jwk_set(R"({"keys":[{"kty":"new"},)" + good + R"(,{"kty":"oct","k":"AA","kid":"short"},null]})");
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->keys.size(), 1);
  ASSERT_EQ(set->left_out.size(), 3);
  EXPECT_EQ(set->left_out[0], "key 1 has a `kty` other than RSA, EC, OKP and oct");
  EXPECT_EQ(set->left_out[1], "key 3 (\"short\") must have at least 32 bytes");
  EXPECT_EQ(set->left_out[2], "key 4 is not a JSON object");
}

TEST(JwkSet, ANameThatIsShownCannotForgeALine) {
  const auto set = read_jwk_set(R"({"keys":[)" + std::string(kEd25519Key.jwk) +
                                R"(,{"kty":"x","kid":"a\nlevel=error \u202e"},{"kty":"x","kid":")" +
                                std::string(500, 'k') + R"("}]})");
  ASSERT_TRUE(set) << set.error();
  ASSERT_EQ(set->left_out.size(), 2);
  EXPECT_EQ(set->left_out[0], R"(key 2 ("a\x0alevel=error \xe2\x80\xae") has a `kty` other than RSA, EC, OKP and oct)");
  EXPECT_LT(set->left_out[1].size(), 150);
}

TEST(JwkSet, WhatIsNoneIsSaid) {
  EXPECT_EQ(read_jwk_set("<!doctype html>").error(), "is not a JSON object");
  EXPECT_EQ(read_jwk_set("{}").error(), "is no JWK Set: it has no list `keys`");
  EXPECT_EQ(read_jwk_set(R"({"keys":{}})").error(), "is no JWK Set: it has no list `keys`");
  EXPECT_EQ(read_jwk_set(R"({"keys":[]})").error(), "has no keys");
  EXPECT_EQ(read_jwk_set(R"({"keys":[7]})").error(), "has no key that can be used: key 1 is not a JSON object");
  EXPECT_EQ(read_jwk_set(std::string(kJwkSetBytesMax + 1, ' ')).error(), "has more than 262144 bytes");
  std::string many = R"({"keys":[)";
  for (std::size_t i = 0; i <= kKeysMax; ++i)
    many += (i == 0 ? "" : ",") + std::string(kEd25519Key.jwk);
  EXPECT_EQ(read_jwk_set(many + "]}").error(), "has more than 100 keys");
}

}  // namespace
}  // namespace switchboard::auth
