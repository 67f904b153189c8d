#include "ops/health.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/version.h"

namespace switchboard::ops {
namespace {

TEST(Health, IsAnObjectWithTheAgreedFields) {
  shard::ShardStats shard;
  session::SessionStats sessions;
  shard.connections.add(5);
  shard.connections_total.add(9);
  shard.deliveries.add(1'000);
  shard.home_rooms.add(3);
  sessions.replies.add(12);
  sessions.messages_received.add(40);
  HealthReport report{.uptime_seconds = 61.25, .messages_per_second = 202.44, .shards = {}};
  report.shards.add(shard, sessions);

  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(health_json(report));
  EXPECT_EQ(json["active_connections"].get_uint64().value(), 5u);
  EXPECT_EQ(json["connections_total"].get_uint64().value(), 9u);
  EXPECT_EQ(json["messages_sent"].get_uint64().value(), 1'012u);
  EXPECT_EQ(json["messages_received"].get_uint64().value(), 40u);
  EXPECT_DOUBLE_EQ(json["messages_per_second"].get_double().value(), 202.4);
  EXPECT_EQ(json["rooms"].get_uint64().value(), 3u);
  EXPECT_NEAR(json["uptime_seconds"].get_double().value(), 61.25, 0.06);
  EXPECT_EQ(json["shards"].get_uint64().value(), 1u);
  EXPECT_EQ(json["version"].get_string().value(), version());
  EXPECT_TRUE(json["ready"].get_bool().value());
  EXPECT_FALSE(json["draining"].get_bool().value());
}

TEST(Health, SaysHowHistoryIs) {
  broker::StoreStatus store;
  store.commits.add(4);
  store.failing(broker::StoreTrouble::kFile, "cannot write `/x\"y`", 1'000);
  simdjson::dom::parser parser;
  simdjson::dom::element json = parser.parse(health_json({.shards = {}, .store = &store}));
  EXPECT_EQ(json["history"]["backend"].get_string().value(), "sqlite");
  EXPECT_FALSE(json["history"]["ok"].get_bool().value());
  EXPECT_EQ(json["history"]["reason"].get_string().value(), "cannot write `/x\"y`");
  EXPECT_EQ(json["history"]["commits"].get_uint64().value(), 4u);
  json = parser.parse(health_json({.shards = {}, .store = nullptr}));
  EXPECT_EQ(json["history"]["backend"].get_string().value(), "memory");
  EXPECT_TRUE(json["history"]["ok"].get_bool().value());
}

TEST(Health, SaysThatItIsDraining) {
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(health_json({.ready = false, .shards = {}}));
  EXPECT_FALSE(json["ready"].get_bool().value());
  EXPECT_TRUE(json["draining"].get_bool().value());
}

}  // namespace
}  // namespace switchboard::ops
