#include "fetch/fetched_verifier.h"

#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <string>
#include <vector>

#include "auth/mint.h"
#include "auth/test_keys.h"
#include "fetch/web_server.h"

namespace switchboard::fetch {
namespace {

using namespace std::chrono_literals;

constexpr UnixMillis kNow = 1'764'000'000'000;
constexpr std::string_view kClaims = R"({"sub":"ann","exp":1764000060})";

std::string named(std::string_view jwk, std::string_view key_id) {
  return std::string(jwk.substr(0, jwk.size() - 1)) + R"(,"kid":")" + std::string(key_id) + R"("})";
}
std::string token_of(const auth::TestKey& key, std::string_view key_id) {
  const auth::SigningKey signing{.private_pem = key.private_pem};
  return auth::mint(kClaims, *auth::usual_algorithm(signing), signing, key_id).value_or("");
}

/// The log's lines, to wait for.
class Lines {
 public:
  std::size_t write(std::string_view lines) {
    const std::lock_guard lock(mutex_);
    text_ += lines;
    is_more_.notify_all();
    return lines.size();
  }
  bool wait_for(std::string_view part) {
    std::unique_lock lock(mutex_);
    return is_more_.wait_for(lock, 20s, [&] { return text_.find(part) != std::string::npos; });
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable is_more_;
  std::string text_;
};

class FetchedVerifierTest : public testing::Test {
 protected:
  static std::string verdict(FetchedVerifier& verifier, std::string_view token) {
    const auto claims = verifier.verify(token, kNow);
    return claims ? claims->user_id : std::string(name(claims.error().reason));
  }

  SystemClock clock_;
  Lines lines_;
  log::Log log_{{}, clock_, [this](std::string_view lines) { return lines_.write(lines); }};
};

TEST_F(FetchedVerifierTest, AnUnknownKeyIsFetched) {
  const std::string one = named(auth::kEd25519Key.jwk, "one"), two = named(auth::kP256Key.jwk, "two");
  const WebServer server([&, turn = 0](WebClient& client) mutable {
    client.head();
    client.answer(R"({"keys":[)" + one + (turn++ == 0 ? "" : "," + two) + "]}");
  });
  FetchedVerifier verifier({{.rules = {}, .url = server.url("/jwks.json?api-key=secret")}},
                           {.schedule = {1h, 0ms}, .get = {}}, clock_, log_);
  ASSERT_TRUE(lines_.wait_for("keys=1")) << lines_.text();
  EXPECT_EQ(verdict(verifier, token_of(auth::kEd25519Key, "one")), "ann");
  EXPECT_EQ(verdict(verifier, token_of(auth::kP256Key, "two")), "key_pending");
  ASSERT_TRUE(lines_.wait_for("keys=2")) << lines_.text();
  EXPECT_EQ(verdict(verifier, token_of(auth::kP256Key, "two")), "ann");
  EXPECT_EQ(verdict(verifier, token_of(auth::kEd25519Key, "one")), "ann");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(lines_.text().find("secret"), std::string::npos) << "a query is not shown";
}

TEST_F(FetchedVerifierTest, KeysOfTheConfigurationCountFromTheBeginning) {
  const WebServer server([](WebClient& client) { client.hang(); });
  auth::IssuerRules rules;
  rules.keys.add(*auth::Key::of_pem(auth::kP384Key.public_pem));
  FetchedVerifier verifier({{.rules = rules, .url = server.url()}}, {}, clock_, log_);
  EXPECT_EQ(verdict(verifier, token_of(auth::kP384Key, "")), "ann");
  ASSERT_EQ(verifier.statuses().size(), 1);
  EXPECT_FALSE(verifier.statuses().front().status.fetched_at);
  EXPECT_EQ(verdict(verifier, token_of(auth::kEd25519Key, "")), "key_pending") << "it may be one of the set's";
}

TEST_F(FetchedVerifierTest, WithoutAnyKeyYetNoneIsKnown) {
  const WebServer server([](WebClient& client) { client.hang(); });
  FetchedVerifier verifier({{.rules = {}, .url = server.url()}}, {}, clock_, log_);
  EXPECT_EQ(verdict(verifier, token_of(auth::kP384Key, "")), "key_pending");
}

TEST_F(FetchedVerifierTest, OneLineForAsLongAsItFails) {
  const std::string one = named(auth::kEd25519Key.jwk, "one");
  const WebServer server([&, turn = 0](WebClient& client) mutable {
    client.head();
    ++turn;
    if (turn == 1 || turn == 5) return client.answer(R"({"keys":[)" + one + R"(,{"kty":"x"}]})");
    client.answer("", turn == 4 ? "503 Service Unavailable" : "404 Not Found");
  });
  FetchedVerifier verifier({{.rules = {}, .url = server.url()}}, {.schedule = {1ms, 1ms}, .get = {}}, clock_, log_);
  ASSERT_TRUE(lines_.wait_for("key set reachable again")) << lines_.text();
  const std::string text = lines_.text();
  const auto first = text.find("status 404");
  EXPECT_NE(first, std::string::npos);
  EXPECT_LT(first, text.find("status 503"));
  EXPECT_EQ(text.substr(0, text.find("status 503")).find("status 404", first + 1), std::string::npos) << text;
  EXPECT_NE(text.find("key left out"), std::string::npos) << text;
  EXPECT_EQ(verdict(verifier, token_of(auth::kEd25519Key, "one")), "ann") << "whatever happened in between";
}

/// A key set with one key, however often it is asked for.
WebServer::Serve key_set(const std::string& jwk) {
  return [jwk](WebClient& client) {
    client.head();
    client.answer(R"({"keys":[)" + jwk + "]}");
  };
}
std::string token_of_issuer(const auth::TestKey& key, std::string_view key_id, std::string_view issuer) {
  const auth::SigningKey signing{.private_pem = key.private_pem};
  return auth::mint(R"({"sub":"ann","exp":1764000060,"iss":")" + std::string(issuer) + "\"}",
                    *auth::usual_algorithm(signing), signing, key_id)
      .value_or("");
}
FetchedIssuer issuer_of(std::string_view name, std::string url) {
  FetchedIssuer issuer{.rules = {}, .url = std::move(url)};
  issuer.rules.issuer = name;
  return issuer;
}

TEST_F(FetchedVerifierTest, AnUnknownKeyIsLookedForOnlyWhereItsIssuerSays) {
  const std::string old_key = named(auth::kEd25519Key.jwk, "k");
  const WebServer one([&, turn = 0](WebClient& client) mutable {
    client.head();
    client.answer(R"({"keys":[)" + old_key + (turn++ == 0 ? "" : "," + named(auth::kP384Key.jwk, "new")) + "]}");
  });
  const WebServer two(key_set(named(auth::kP256Key.jwk, "k")));
  FetchedVerifier verifier({issuer_of("one", one.url("/one")), issuer_of("two", two.url("/two"))},
                           {.schedule = {1h, 0ms}, .get = {}}, clock_, log_);
  ASSERT_TRUE(lines_.wait_for("key set fetched url=" + one.url("/one"))) << lines_.text();
  ASSERT_TRUE(lines_.wait_for("key set fetched url=" + two.url("/two"))) << lines_.text();
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "one")), "ann");
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kP256Key, "k", "two")), "ann");
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kP256Key, "k", "one")), "wrong_algorithm");
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "two")), "wrong_algorithm");
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "three")), "wrong_issuer");
  EXPECT_EQ(one.connections(), 1);
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "new", "one")), "key_pending");
  ASSERT_TRUE(lines_.wait_for("keys=2")) << lines_.text();
  EXPECT_EQ(one.connections(), 2);
  EXPECT_EQ(two.connections(), 1);
}

TEST_F(FetchedVerifierTest, OneThatCannotBeFetchedLeavesTheOtherAlone) {
  const WebServer one(key_set(named(auth::kEd25519Key.jwk, "k"))), two([](WebClient& client) {
    client.head();
    client.answer("", "503 Service Unavailable");
  });
  FetchedVerifier verifier({issuer_of("one", one.url("/one")), issuer_of("two", two.url("/two"))}, {}, clock_, log_);
  ASSERT_TRUE(lines_.wait_for("key set fetched url=" + one.url("/one"))) << lines_.text();
  ASSERT_TRUE(lines_.wait_for("key set not fetched url=" + two.url("/two"))) << lines_.text();
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "one")), "ann");
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kP256Key, "k", "two")), "key_pending");
  const auto statuses = verifier.statuses();
  ASSERT_EQ(statuses.size(), 2);
  for (const NamedKeySetStatus& named : statuses)
    EXPECT_EQ(named.status.problem.empty(), named.url == one.url("/one")) << named.url;
}

TEST_F(FetchedVerifierTest, OtherIssuersKeepWhatWasFetchedFromTheSamePlace) {
  const WebServer one(key_set(named(auth::kEd25519Key.jwk, "k"))), two(key_set(named(auth::kP256Key.jwk, "k")));
  FetchedVerifier verifier({issuer_of("one", one.url("/one"))}, {}, clock_, log_);
  ASSERT_TRUE(lines_.wait_for("key set fetched url=" + one.url("/one"))) << lines_.text();
  verifier.use(
      {issuer_of("uno", one.url("/one")), issuer_of("due", two.url("/two")), issuer_of("tre", one.url("/one"))});
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "uno")), "ann") << "at once";
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "tre")), "ann");
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "one")), "wrong_issuer");
  ASSERT_TRUE(lines_.wait_for("key set fetched url=" + two.url("/two"))) << lines_.text();
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kP256Key, "k", "due")), "ann");
  EXPECT_EQ(one.connections(), 1);
  verifier.use({issuer_of("due", two.url("/two"))});
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kEd25519Key, "k", "uno")), "wrong_issuer");
  EXPECT_EQ(verdict(verifier, token_of_issuer(auth::kP256Key, "k", "due")), "ann");
  EXPECT_EQ(verifier.statuses().size(), 1);
}

}  // namespace
}  // namespace switchboard::fetch
