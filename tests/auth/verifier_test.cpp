#include "auth/verifier.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "auth/base64url.h"
#include "auth/mint.h"
#include "auth/test_keys.h"
#include "auth/token.h"

namespace switchboard::auth {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSecret = "a secret that is long enough for every hash there is, that is 64 bytes";
constexpr UnixMillis kNow = 1'764'000'000'000;
const std::string kNowS = "1764000000";
const std::string kGood = R"({"sub":"ann","exp":1764000060})";

std::string minted(std::string_view claims, Algorithm algorithm = Algorithm::kHs256, std::string_view key_id = "") {
  auto token = mint(claims, algorithm, {.secret = kSecret}, key_id);
  EXPECT_TRUE(token) << token.error();
  return token.value_or("");
}
std::string signed_by(std::string_view private_pem, Algorithm algorithm, std::string_view claims = kGood) {
  auto token = mint(claims, algorithm, {.private_pem = private_pem});
  EXPECT_TRUE(token) << token.error();
  return token.value_or("");
}
/// With that header and payload, and a signature that is right for the secret.
std::string handmade(std::string_view header, std::string_view payload) {
  const std::string text = encode_base64url(header) + "." + encode_base64url(payload);
  return text + "." + encode_base64url(hmac_of_text(kSecret, text));
}

class VerifierTest : public testing::Test {
 protected:
  VerifierTest() { rules.keys.add(*Key::of_secret(kSecret)); }

  std::string verdict(std::string_view token, UnixMillis now = kNow) {
    const auto claims = Verifier({rules}).verify(token, now);
    return claims ? claims->user_id : std::string(name(claims.error().reason));
  }
  std::string message(std::string_view token) {
    const auto claims = Verifier({rules}).verify(token, kNow);
    return claims ? "good" : claims.error().message;
  }
  void use(Key key) {
    rules.keys = KeySet();
    rules.keys.add(std::move(key));
  }

  IssuerRules rules;
};

// --- signatures ----------------------------------------------------------------------------------------------------

TEST_F(VerifierTest, EveryAlgorithmIsUnderstoodAndNoOtherSignature) {
  for (const Algorithm algorithm : {Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512})
    EXPECT_EQ(verdict(minted(kGood, algorithm)), "ann") << name(algorithm);
  const std::pair<const TestKey&, std::vector<Algorithm>> keys[] = {
      {kRsaKey,
       {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512, Algorithm::kPs256, Algorithm::kPs384,
        Algorithm::kPs512}},
      {kP256Key, {Algorithm::kEs256}},
      {kP384Key, {Algorithm::kEs384}},
      {kEd25519Key, {Algorithm::kEdDsa}}};
  for (const auto& [key, algorithms] : keys) {
    use(*Key::of_pem(key.public_pem));
    for (const Algorithm algorithm : algorithms) {
      std::string token = signed_by(key.private_pem, algorithm);
      EXPECT_EQ(verdict(token), "ann") << name(algorithm);
      // One bit of the payload, and of the signature.
      std::string other = token;
      other[token.find('.') + 3] ^= 1;
      EXPECT_NE(verdict(other), "ann") << name(algorithm);
      other = token;
      other[token.rfind('.') + 5] = token[token.rfind('.') + 5] == 'A' ? 'B' : 'A';
      EXPECT_EQ(verdict(other), "bad_signature") << name(algorithm);
      EXPECT_EQ(verdict(token.substr(0, token.rfind('.') + 1)), "bad_signature") << name(algorithm) << ": none at all";
    }
  }
}

TEST_F(VerifierTest, TheAlgorithmIsTheKeysAndNeverTheTokens) {
  EXPECT_EQ(verdict(handmade(R"({"alg":"none"})", kGood)), "wrong_algorithm");
  EXPECT_EQ(verdict(handmade(R"({"alg":"None"})", kGood)), "wrong_algorithm");
  EXPECT_EQ(verdict(handmade(R"({"alg":"hs256"})", kGood)), "wrong_algorithm");
  EXPECT_EQ(verdict(handmade(R"({"alg":"RS256"})", kGood)), "wrong_algorithm");
  EXPECT_EQ(verdict(handmade(R"({"alg":"HS512"})", kGood)), "bad_signature");
  EXPECT_EQ(verdict(handmade(R"({"typ":"JWT"})", kGood)), "malformed");
  // What is signed with the text of a public key, as if that were a secret.
  use(*Key::of_pem(kRsaKey.public_pem));
  const auto forged = mint(kGood, Algorithm::kHs256, {.secret = kRsaKey.public_pem});
  ASSERT_TRUE(forged);
  EXPECT_EQ(verdict(*forged), "wrong_algorithm");
  EXPECT_EQ(verdict(signed_by(kP256Key.private_pem, Algorithm::kEs256)), "wrong_algorithm");
}

TEST_F(VerifierTest, OnlyAlgorithmsThatAreAllowedCount) {
  rules.algorithms = {Algorithm::kHs256};
  EXPECT_EQ(verdict(minted(kGood, Algorithm::kHs512)), "wrong_algorithm");
  EXPECT_EQ(verdict(minted(kGood)), "ann");
}

TEST_F(VerifierTest, AShortSecretIsNotForLongHashes) {
  EXPECT_FALSE(Key::of_secret(std::string(31, 'x')));
  EXPECT_EQ(Key::of_secret(std::string(32, 'x'))->algorithms(), AlgorithmSet{Algorithm::kHs256});
  EXPECT_EQ(Key::of_secret(std::string(63, 'x'))->algorithms(), (AlgorithmSet{Algorithm::kHs256, Algorithm::kHs384}));
  EXPECT_EQ(Key::of_secret(std::string(64, 'x'))->algorithms(), kHmacAlgorithms);
}

// --- keys by name --------------------------------------------------------------------------------------------------

std::string oct_jwk(std::string_view secret, std::string_view more) {
  return R"({"kty":"oct","k":")" + encode_base64url(secret) + "\"" + std::string(more) + "}";
}

TEST_F(VerifierTest, AKeyIsFoundByItsName) {
  rules.keys = KeySet();
  rules.keys.add(*Key::of_jwk(oct_jwk(std::string(32, 'a'), R"(,"kid":"a")")));
  rules.keys.add(*Key::of_jwk(oct_jwk(kSecret, R"(,"kid":"b")")));
  EXPECT_EQ(verdict(minted(kGood, Algorithm::kHs256, "b")), "ann");
  EXPECT_EQ(verdict(minted(kGood, Algorithm::kHs256, "a")), "bad_signature");
  EXPECT_EQ(verdict(minted(kGood, Algorithm::kHs256, "c")), "unknown_key");
  EXPECT_EQ(verdict(minted(kGood)), "ann") << "without a name all are tried";
}

TEST_F(VerifierTest, KeysWithoutNamesAreTriedWhateverTheTokenSays) {
  EXPECT_EQ(verdict(minted(kGood, Algorithm::kHs256, "anything")), "ann");
}

TEST_F(VerifierTest, EightKeysAreTriedAtTheMost) {
  rules.keys = KeySet();
  for (std::size_t i = 0; i < kKeysTriedMax - 1; ++i)
    rules.keys.add(*Key::of_secret(std::string(32, 'x')));
  rules.keys.add(*Key::of_secret(kSecret));
  EXPECT_EQ(verdict(minted(kGood)), "ann");
  rules.keys = KeySet();
  for (std::size_t i = 0; i < kKeysTriedMax; ++i)
    rules.keys.add(*Key::of_secret(std::string(32, 'x')));
  rules.keys.add(*Key::of_secret(kSecret));
  EXPECT_EQ(verdict(minted(kGood)), "bad_signature");
}

// --- form ----------------------------------------------------------------------------------------------------------

TEST_F(VerifierTest, WhatIsCutOffAnywhereIsRefused) {
  const std::string token = minted(kGood);
  for (std::size_t bytes = 0; bytes < token.size(); ++bytes)
    EXPECT_NE(verdict(token.substr(0, bytes)), "ann") << bytes;
}

TEST_F(VerifierTest, TheFormIsStrict) {
  const std::string token = minted(kGood);
  for (const std::string& wrong : {std::string(), std::string("."), std::string(".."), std::string("a.b"), token + ".",
                                   token + "=", token + "\n", " " + token, token + " ", "Bearer " + token}) {
    EXPECT_EQ(verdict(wrong), "malformed") << wrong;
  }
  EXPECT_EQ(message("a.b.c.d.e"), "the token is encrypted (JWE): only signed ones are read");
  EXPECT_EQ(verdict(handmade(R"({"alg":"HS256","cty":"JWT"})", kGood)), "malformed");
  EXPECT_EQ(verdict(handmade(R"({"alg":"HS256","crit":["exp"],"exp":1})", kGood)), "wrong_type");
  EXPECT_EQ(verdict(handmade(R"({"alg":"HS256","alg":"HS256"})", kGood)), "malformed");
  EXPECT_EQ(verdict(handmade(R"({"alg":"HS256","\u0061lg":"HS256"})", kGood)), "malformed");
  EXPECT_EQ(verdict(handmade(R"(["HS256"])", kGood)), "malformed");
  EXPECT_EQ(verdict(handmade("{\"alg\":\"HS256\",\"x\":\"\xFF\"}", kGood)), "malformed");
  EXPECT_EQ(verdict(handmade(R"({"alg":256})", kGood)), "malformed");
  EXPECT_EQ(verdict(handmade(R"({"alg":"HS256","kid":7})", kGood)), "malformed");
}

TEST_F(VerifierTest, TheTypeIsThatOfAToken) {
  for (const char* type : {"JWT", "jwt", "at+jwt", "application/jwt", "application/at+JWT"})
    EXPECT_EQ(verdict(handmade(R"({"alg":"HS256","typ":")" + std::string(type) + "\"}", kGood)), "ann") << type;
  for (const char* type : {R"("dpop+jwt")", R"("")", R"("secevent+jwt")", "7", "null"})
    EXPECT_EQ(verdict(handmade(R"({"alg":"HS256","typ":)" + std::string(type) + "}", kGood)), "wrong_type") << type;
  EXPECT_EQ(verdict(handmade(R"({"alg":"HS256"})", kGood)), "ann");
}

TEST_F(VerifierTest, ItsSizeIsBounded) {
  const auto with_bytes = [](std::size_t bytes) {
    // The payload's base64 makes steps of four for three bytes: what is missing is put into the header.
    for (std::size_t more = 0; more < 4; ++more) {
      for (std::size_t pad = bytes * 3 / 4 - 200; pad < bytes; ++pad) {
        const std::string token = handmade(R"({"alg":"HS256","x":")" + std::string(more, 'x') + "\"}",
                                           R"({"sub":"ann","exp":1764000060,"p":")" + std::string(pad, 'p') + "\"}");
        if (token.size() == bytes) return token;
        if (token.size() > bytes) break;
      }
    }
    return std::string();
  };
  EXPECT_EQ(verdict(with_bytes(kTokenBytesMax)), "ann");
  EXPECT_EQ(verdict(std::string(kTokenBytesMax + 1, 'x')), "too_large");
}

// --- claims --------------------------------------------------------------------------------------------------------

TEST_F(VerifierTest, ClaimsOfTheWrongKindAreRefused) {
  for (const char* claims : {R"({"exp":1764000060})",
                             R"({"sub":7,"exp":1764000060})",
                             R"({"sub":"","exp":1764000060})",
                             R"({"sub":"a\u0000b","exp":1764000060})",
                             R"({"sub":"\ud800","exp":1764000060})",
                             R"({"sub":"ann"})",
                             R"({"sub":"ann","exp":"1764000060"})",
                             R"({"sub":"ann","exp":null})",
                             R"({"sub":"ann","exp":-1})",
                             R"({"sub":"ann","exp":1e300})",
                             R"({"sub":"ann","exp":9007199254740993})",
                             R"({"sub":"ann","exp":[1764000060]})",
                             R"({"sub":"ann","exp":1764000060,"nbf":"now"})",
                             R"({"sub":"ann","exp":1764000060,"iat":true})",
                             R"({"sub":"ann","exp":1764000060,"iss":7})",
                             R"({"sub":"ann","exp":1764000060,"aud":7})",
                             R"({"sub":"ann","exp":1764000060,"aud":["a",7]})",
                             R"({"sub":"ann","exp":1764000060,"jti":{}})",
                             R"({"sub":"ann","exp":1764000060,"switchboard":"all"})",
                             R"({"sub":"ann","exp":1764000060,"switchboard":[]})",
                             R"({"sub":"ann","sub":"bob","exp":1764000060})",
                             R"({"sub":"ann","\u0073ub":"bob","exp":1764000060})",
                             R"({"sub":"ann","exp":1764000060,"exp":1864000060})",
                             R"(["ann"])",
                             "ann",
                             ""}) {
    EXPECT_EQ(verdict(handmade(R"({"alg":"HS256"})", claims)), "bad_claims") << claims;
  }
  EXPECT_EQ(verdict(minted(R"({"sub":")" + std::string(256, 'x') + R"(","exp":1764000060})")), "bad_claims");
  EXPECT_EQ(verdict(minted(R"({"sub":")" + std::string(255, 'x') + R"(","exp":1764000060})")), std::string(255, 'x'));
}

TEST_F(VerifierTest, WhatAClaimSaysIsHandedOn) {
  const auto claims = Verifier({rules}).verify(
      minted(
          R"({"sub":"a\u0041\"","exp":1764000060.5,"iat":1763999999,"jti":"t1","iss":"i","switchboard":{"rooms":{}}})"),
      kNow);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->user_id, "aA\"");
  EXPECT_EQ(claims->expires_at, 1'764'000'060'500);
  EXPECT_EQ(claims->issued_at, 1'763'999'999'000);
  EXPECT_EQ(claims->token_id, "t1");
  EXPECT_EQ(claims->issuer, "i");
  EXPECT_EQ(claims->grants, R"({"rooms":{}})");
}

TEST_F(VerifierTest, TimesHaveALeeway) {
  rules.leeway = 30s;
  const std::string token = minted(R"({"sub":"ann","exp":1764000060,"nbf":1764000000})");
  EXPECT_EQ(verdict(token, kNow - 30'000), "ann");
  EXPECT_EQ(verdict(token, kNow - 30'001), "not_yet_valid");
  EXPECT_EQ(verdict(token, kNow + 89'999), "ann");
  EXPECT_EQ(verdict(token, kNow + 90'000), "expired");
}

TEST_F(VerifierTest, ATokensLifeHasALimit) {
  rules.lifetime_max = 60s;
  EXPECT_EQ(verdict(minted(R"({"sub":"ann","iat":1764000000,"exp":1764000060})")), "ann");
  const std::string longer = minted(R"({"sub":"ann","iat":1764000000,"exp":1764000061})");
  EXPECT_EQ(verdict(longer), "bad_claims");
  EXPECT_EQ(verdict(longer, kNow + 30'000), "bad_claims") << "nor later, when less of it is left";
  EXPECT_EQ(verdict(minted(R"({"sub":"ann","exp":1764000061})")), "bad_claims");
}

TEST_F(VerifierTest, ATokenWithoutAnEndOnlyWhereThatIsAllowed) {
  const std::string token = minted(R"({"sub":"ann"})");
  EXPECT_EQ(verdict(token), "bad_claims");
  rules.expiry = Expiry::kOptional;
  EXPECT_EQ(verdict(token), "ann");
}

TEST_F(VerifierTest, TheAudienceIsATextOrAList) {
  rules.audiences = {"chat", "live"};
  const auto with = [](std::string_view aud) {
    return minted(R"({"sub":"ann","exp":1764000060)" + std::string(aud) + "}");
  };
  EXPECT_EQ(verdict(with(R"(,"aud":"chat")")), "ann");
  EXPECT_EQ(verdict(with(R"(,"aud":["x","live"])")), "ann");
  EXPECT_EQ(verdict(with(R"(,"aud":["x"])")), "wrong_audience");
  EXPECT_EQ(verdict(with(R"(,"aud":[])")), "wrong_audience");
  EXPECT_EQ(verdict(with("")), "wrong_audience");
}

TEST_F(VerifierTest, IssuersHaveKeysOfTheirOwn) {
  IssuerRules one = rules, other;
  one.issuer = "https://one.example";
  other.issuer = "https://other.example";
  other.keys.add(*Key::of_pem(kEd25519Key.public_pem));
  const Verifier verifier({one, other});
  const auto verdict_of = [&](const std::string& token) {
    const auto claims = verifier.verify(token, kNow);
    return claims ? claims->issuer : std::string(name(claims.error().reason));
  };
  const auto claims = [](std::string_view issuer) {
    return R"({"sub":"ann","exp":1764000060,"iss":")" + std::string(issuer) + "\"}";
  };
  EXPECT_EQ(verdict_of(minted(claims("https://one.example"))), "https://one.example");
  EXPECT_EQ(verdict_of(signed_by(kEd25519Key.private_pem, Algorithm::kEdDsa, claims("https://other.example"))),
            "https://other.example");
  EXPECT_EQ(verdict_of(minted(claims("https://other.example"))), "wrong_algorithm");
  EXPECT_EQ(verdict_of(minted(claims("https://third.example"))), "wrong_issuer");
  EXPECT_EQ(verdict_of(minted(kGood)), "wrong_issuer");
}

// Whoever has a key of the nameless must not be able to make tokens of somebody who has a name.
TEST_F(VerifierTest, OneWithoutANameJudgesOnlyWhatNamesNoOther) {
  IssuerRules nameless = rules, other;
  other.issuer = "https://other.example";
  other.leeway = 1s;
  other.keys.add(*Key::of_pem(kEd25519Key.public_pem));
  const Verifier verifier({nameless, other});
  const auto verdict_of = [&](const std::string& token) {
    const auto claims = verifier.verify(token, kNow);
    if (claims) return claims->issuer + (claims->leeway == 1s ? " 1s" : " 30s");
    return std::string(name(claims.error().reason)) +
           (claims.error().issuer ? std::to_string(*claims.error().issuer) : "");
  };
  const std::string others = R"({"sub":"ann","exp":1764000060,"iss":"https://other.example"})";
  EXPECT_EQ(verdict_of(minted(kGood)), " 30s");
  EXPECT_EQ(verdict_of(minted(R"({"sub":"ann","exp":1764000060,"iss":"https://third.example"})")),
            "https://third.example 30s");
  EXPECT_EQ(verdict_of(minted(others)), "wrong_algorithm1");
  EXPECT_EQ(verdict_of(signed_by(kEd25519Key.private_pem, Algorithm::kEdDsa, others)), "https://other.example 1s");
  EXPECT_EQ(verdict_of(signed_by(kEd25519Key.private_pem, Algorithm::kEdDsa)), "wrong_algorithm0");
  EXPECT_EQ(verdict_of("nonsense"), "malformed");
}

TEST_F(VerifierTest, TheSameKeyNameOfTwoIssuersIsTwoKeys) {
  IssuerRules one, two;
  one.issuer = "one";
  two.issuer = "two";
  one.keys.add(*Key::of_jwk(oct_jwk(kSecret, R"(,"kid":"k")")));
  two.keys.add(*Key::of_jwk(oct_jwk(std::string(64, 'x'), R"(,"kid":"k")")));
  const Verifier verifier({one, two});
  const auto good = [&](std::string_view issuer) {
    return verifier
        .verify(
            minted(R"({"sub":"ann","exp":1764000060,"iss":")" + std::string(issuer) + "\"}", Algorithm::kHs256, "k"),
            kNow)
        .has_value();
  };
  EXPECT_TRUE(good("one"));
  EXPECT_FALSE(good("two"));
}

// The issuer is looked for first: what else is wrong must not hide whose token it is.
TEST_F(VerifierTest, BadClaimsOfAKnownIssuerAreCalledSo) {
  rules.issuer = "https://one.example";
  EXPECT_EQ(verdict(minted(R"({"sub":"ann","exp":"never","iss":"https://one.example"})")), "bad_claims");
  EXPECT_EQ(verdict(minted(R"({"sub":"ann","exp":"never","iss":"https://two.example"})")), "wrong_issuer");
  EXPECT_EQ(verdict(minted(R"({"sub":"ann","exp":"never","iss":7})")), "wrong_issuer");
}

// Who sends it sees the message, and the log holds it.
TEST_F(VerifierTest, ANameThatIsShownIsCutAndEscaped) {
  const std::string name = std::string(59, 'x') + "\xC3\xA9\xE2\x80\xAE";
  const std::string twice = "\"" + name + "\":1,\"" + name + "\":1";
  EXPECT_EQ(message(minted("{" + twice + "}")),
            "the token's payload has \"" + std::string(59, 'x') + "\\xc3\"... more than once");
  EXPECT_EQ(message(minted(R"({"a\u000ab":1,"a\nb":1})")), R"(the token's payload has "a\x0ab" more than once)");
}

// Keys that a token brings along, or points to, are a stranger's.
TEST_F(VerifierTest, KeysInTheTokenAreNotLookedAt) {
  const std::string foreign(32, 'f');
  const std::string jwk = oct_jwk(foreign, "");
  for (const std::string& header :
       {R"({"alg":"HS256","jwk":)" + jwk + "}", std::string(R"({"alg":"HS256","jku":"https://evil.example/keys"})"),
        std::string(R"({"alg":"HS256","x5u":"https://evil.example/chain","x5c":["AA"]})")}) {
    const std::string text = encode_base64url(header) + "." + encode_base64url(kGood);
    EXPECT_EQ(verdict(text + "." + encode_base64url(hmac_of_text(foreign, text))), "bad_signature") << header;
    EXPECT_EQ(verdict(handmade(header, kGood)), "ann") << header;
  }
}

TEST_F(VerifierTest, AStrangersTokenIsNotToldWhatIsWrongInIt) {
  const auto foreign = mint(R"({"sub":7})", Algorithm::kHs256, {.secret = std::string(32, 'x')});
  EXPECT_EQ(verdict(*foreign), "bad_signature");
}

TEST_F(VerifierTest, NoMessageHoldsWhatTheTokenHolds) {
  const std::string token = minted(R"({"sub":"ann","exp":"never","aud":"psst"})");
  EXPECT_EQ(message(token).find("psst"), std::string::npos);
  EXPECT_EQ(message(token).find("never"), std::string::npos);
  EXPECT_LE(message(token).size(), 100);
}

}  // namespace
}  // namespace switchboard::auth
