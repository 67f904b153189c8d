#include "ops/ops_pages.h"

#include <gtest/gtest.h>

#include "ops/idle_shards.h"

namespace switchboard::ops {
namespace {

using std::chrono::milliseconds;

class OpsPagesTest : public testing::Test {
 protected:
  std::string ask(std::string_view target, std::string_view method = "GET") {
    http::Request request;
    request.method = method;
    request.target = target;
    return text(pages_.answer(request));
  }
  static std::string text(const OpsAnswer& answer) {
    return http::serialize(
        {.status = answer.status, .content_type = answer.content_type, .body = answer.body, .fields = answer.fields},
        0);
  }
  static std::string body(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

  IdleShards shards_;
  broker::StoreStatus store_;
  OpsPages pages_{*shards_, &store_, shards_.log, shards_.clock};
};

TEST_F(OpsPagesTest, HealthIsJson) {
  const std::string response = ask("/health");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(response.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_TRUE(body(response).starts_with("{"));
}

TEST_F(OpsPagesTest, HealthHasTheRateOfTheLastSeconds) {
  (*shards_).shard(1).stats().deliveries.add(300);
  shards_.clock.advance(milliseconds(3'000));
  pages_.on_tick();
  EXPECT_NE(ask("/health").find("\"messages_per_second\": 100.0"), std::string::npos);
}

TEST_F(OpsPagesTest, MetricsHaveTheirContentType) {
  const std::string response = ask("/metrics");
  EXPECT_NE(response.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos);
  EXPECT_TRUE(body(response).starts_with("# HELP "));
}

TEST_F(OpsPagesTest, AQueryIsIgnored) {
  EXPECT_TRUE(ask("/health?pretty=1").starts_with("HTTP/1.1 200 "));
}

TEST_F(OpsPagesTest, UnderAStrangersNameThereIsNothingToBeSeen) {
  http::Request request;
  request.method = "GET";
  request.target = "/health";
  request.host = "rebound.example.com";
  EXPECT_TRUE(text(pages_.answer(request)).starts_with("HTTP/1.1 421 Misdirected Request\r\n"));
  EXPECT_NE(text(pages_.answer(request)).find("server.ops_hosts"), std::string::npos) << "says what to set";
  pages_.set_hosts({"rebound.example.com"});
  EXPECT_TRUE(text(pages_.answer(request)).starts_with("HTTP/1.1 200 "));
}

TEST_F(OpsPagesTest, OtherMethodsAreRefused) {
  for (const std::string_view method : {"POST", "PUT", "DELETE", "PATCH"}) {
    const std::string response = ask("/health", method);
    EXPECT_TRUE(response.starts_with("HTTP/1.1 405 ")) << method;
    EXPECT_NE(response.find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  }
}

TEST_F(OpsPagesTest, UnknownMethodsAreNotImplemented) {
  for (const std::string_view method : {"get", "BREW"})
    EXPECT_TRUE(ask("/health", method).starts_with("HTTP/1.1 501 ")) << method;
}

TEST_F(OpsPagesTest, OptionsAreToldOfWhatThereIs) {
  for (const std::string_view target : {"/health", "*"}) {
    const std::string response = ask(target, "OPTIONS");
    EXPECT_TRUE(response.starts_with("HTTP/1.1 204 ")) << target;
    EXPECT_NE(response.find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  }
  EXPECT_TRUE(ask("/nothing", "OPTIONS").starts_with("HTTP/1.1 404 "));
}

TEST_F(OpsPagesTest, ABodyIsNotTaken) {
  http::Request request;
  request.method = "GET";
  request.target = "/health";
  request.content_length = 1;
  EXPECT_EQ(pages_.answer(request).status, 413);
  request.method = "POST";
  EXPECT_EQ(pages_.answer(request).status, 405);
}

TEST_F(OpsPagesTest, OtherPathsAreToldWhatThereIs) {
  for (const std::string_view path : {"/", "/health/", "/Health", "/ws"}) {
    const std::string response = ask(path);
    EXPECT_TRUE(response.starts_with("HTTP/1.1 404 ")) << path;
    for (const std::string_view known : {"/health:", "/healthz", "/readyz", "/metrics"})
      EXPECT_NE(body(response).find(known), std::string::npos);
  }
}

TEST_F(OpsPagesTest, LivenessLastsUntilAShardHasNotTurnedForTooLong) {
  shards_.clock.advance(OpsPages::kHeartbeatMax - milliseconds(1));
  EXPECT_EQ(body(ask("/healthz")), "ok\n");
  shards_.clock.advance(milliseconds(1));
  const std::string response = ask("/healthz");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(body(response), "shard 0 has not turned for 5 s\nshard 1 has not turned for 5 s\n");
}

TEST_F(OpsPagesTest, ReadinessEndsWithTheDrain) {
  EXPECT_EQ(body(ask("/readyz")), "ready\n");
  pages_.set_ready(false);
  const std::string response = ask("/readyz");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(body(response), "draining\n");
  EXPECT_TRUE(ask("/healthz").starts_with("HTTP/1.1 200 "));
}

TEST_F(OpsPagesTest, ReadinessEndsWhileHistoryCannotBeKept) {
  store_.failing(broker::StoreTrouble::kFile, "the disk is full", 1'000);
  const std::string response = ask("/readyz");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(body(response), "history cannot be kept: the disk is full\nrooms without history go on\n");
  EXPECT_TRUE(ask("/healthz").starts_with("HTTP/1.1 200 "));
  EXPECT_NE(ask("/health").find(R"("ok": false, "reason": "the disk is full")"), std::string::npos);
  EXPECT_NE(ask("/metrics").find("switchboard_store_ok 0\n"), std::string::npos);
  store_.ok(broker::StoreTrouble::kFile, 2'000);
  EXPECT_EQ(body(ask("/readyz")), "ready\n");
}

TEST_F(OpsPagesTest, ReadinessNamesTheKeySetsThatAreMissingOrOld) {
  std::vector<fetch::NamedKeySetStatus> sets = {
      {"https://one/", {.fetched_at = std::nullopt, .keys = 0, .problem = {}}},
      {"https://two/", {.fetched_at = shards_.clock.unix_ms() - 3'000, .keys = 1, .problem = {}}}};
  pages_.set_key_sets([&] { return sets; });
  EXPECT_TRUE(ask("/readyz").starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(body(ask("/readyz")), "the key set for tokens at https://one/ was not fetched: not yet\n");
  sets[0].status.problem = "did not answer";
  EXPECT_EQ(body(ask("/readyz")), "the key set for tokens at https://one/ was not fetched: it did not answer\n");
  sets[0].status = {.fetched_at = shards_.clock.unix_ms(), .keys = 1, .problem = {}};
  EXPECT_EQ(body(ask("/readyz")), "ready\n");
  sets[1].status.problem = "did not answer";
  EXPECT_TRUE(ask("/readyz").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(body(ask("/readyz")), "ready\nthe key set for tokens at https://two/ is 3 s old: it did not answer\n");
}

TEST_F(OpsPagesTest, WithoutAStoreItIsReadyAndSaysSo) {
  const OpsPages pages(*shards_, nullptr, shards_.log, shards_.clock);
  http::Request request;
  request.method = "GET";
  for (const auto& [target, said] : {std::pair("/readyz", "ready\n"), std::pair("/health", R"({"backend": "memory", )"),
                                     std::pair("/metrics", "switchboard_store_ok 1\n")}) {
    request.target = target;
    EXPECT_NE(pages.answer(request).body.find(said), std::string::npos) << target;
  }
}

}  // namespace
}  // namespace switchboard::ops
