#include "server/auth_policy.h"

#include <fstream>
#include <gtest/gtest.h>

#include "auth/mint.h"
#include "auth/test_keys.h"

namespace switchboard::server {
namespace {

class AuthPolicyTest : public testing::Test {
 protected:
  static std::string file_with(const std::string& text) {
    const std::string path =
        testing::TempDir() + "auth_policy_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ofstream(path) << text;
    return path;
  }
  std::string token(std::string_view issuer, const auth::SigningKey& key) const {
    const std::string exp = std::to_string(clock_.unix_ms() / 1'000 + 60);
    return auth::mint(R"({"sub":"ann","exp":)" + exp + R"(,"iss":")" + std::string(issuer) + "\"}",
                      *auth::usual_algorithm(key), key)
        .value_or("");
  }
  std::string verdict(const MadePolicy& made, const std::string& token) const {
    const auto claims = made.policy->verify(token, clock_.unix_ms());
    return claims ? "good" : std::string(name(claims.error().reason));
  }

  const std::string secret_ = "a secret that is 32 bytes or longer";
  const auth::SigningKey by_secret_{.secret = secret_};
  const auth::SigningKey by_key_{.private_pem = auth::kP256Key.private_pem};
  SystemClock clock_;
  log::Log log_{{}, clock_, [](std::string_view lines) { return lines.size(); }};
};

TEST_F(AuthPolicyTest, EachIssuersTokensAreGoodWithItsOwnKeysOnly) {
  config::AuthSettings settings;
  settings.issuers = {
      {.name = "shop", .secret = secret_, .issuer = "https://shop"},
      {.name = "crm", .keys = {file_with(std::string(auth::kP256Key.public_pem))}, .issuer = "https://crm"}};
  const auto made = make_policy(settings, {clock_, log_});
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(verdict(*made, token("https://shop", by_secret_)), "good");
  EXPECT_EQ(verdict(*made, token("https://crm", by_key_)), "good");
  EXPECT_EQ(verdict(*made, token("https://crm", by_secret_)), "wrong_algorithm");
  EXPECT_EQ(verdict(*made, token("https://shop", by_key_)), "wrong_algorithm");
  EXPECT_EQ(verdict(*made, token("https://other", by_secret_)), "wrong_issuer");
}

TEST_F(AuthPolicyTest, AReloadHoldsFromWhenItIsUsed) {
  config::AuthSettings settings;
  settings.own.secret = secret_;
  const auto running = make_policy(settings, {clock_, log_});
  ASSERT_TRUE(running) << running.error();
  EXPECT_EQ(verdict(*running, token("https://shop", by_secret_)), "good") << "[auth] looks at no `iss`";
  settings.issuers = {{.name = "shop", .secret = std::string(32, 'x'), .issuer = "https://shop"}};
  auto next = make_policy(settings, {clock_, log_}, *running);
  ASSERT_TRUE(next) << next.error();
  EXPECT_EQ(verdict(*next, token("https://shop", by_secret_)), "good") << "all else of the reload may still fail";
  ASSERT_TRUE(next->issuers);
  next->verifier->use(std::move(*next->issuers));
  EXPECT_EQ(verdict(*next, token("https://shop", by_secret_)), "bad_signature");
  EXPECT_EQ(verdict(*next, token("https://else", by_secret_)), "good");
}

TEST_F(AuthPolicyTest, WhatIsWrongIsSaidWithTheSection) {
  config::AuthSettings settings;
  settings.issuers = {{.name = "crm", .keys = {"/nowhere/key.pem"}, .issuer = "https://crm"}};
  EXPECT_TRUE(problem_with_keys(settings).starts_with("`issuers.crm.keys`: /nowhere/key.pem: "))
      << problem_with_keys(settings);
  settings.issuers = {{.name = "crm", .jwks = file_with("{}"), .issuer = "https://crm"}};
  EXPECT_TRUE(problem_with_keys(settings).starts_with("`issuers.crm.jwks`: ")) << problem_with_keys(settings);
  settings.own.keys = {"/nowhere/key.pem"};
  settings.issuers.clear();
  EXPECT_TRUE(problem_with_keys(settings).starts_with("`auth.keys`: ")) << problem_with_keys(settings);
}

}  // namespace
}  // namespace switchboard::server
