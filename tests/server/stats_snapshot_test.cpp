#include "server/stats_snapshot.h"

#include <gtest/gtest.h>

#include "server/idle_shards.h"

namespace switchboard::server {
namespace {

TEST(StatsSnapshot, IsTheSumOfAllShards) {
  shard::ShardStats first, second;
  session::SessionStats first_sessions, second_sessions;
  first.connections.add(3);
  second.connections.add(4);
  first.deliveries.add(100);
  second_sessions.replies.add(7);
  first_sessions.errors[0].add();
  second_sessions.errors[0].add(2);

  StatsSnapshot snapshot;
  snapshot.add(first, first_sessions);
  snapshot.add(second, second_sessions);
  EXPECT_EQ(snapshot.shards, 2u);
  EXPECT_EQ(snapshot.connections, 7u);
  EXPECT_EQ(snapshot.messages_sent(), 107u);
  EXPECT_EQ(snapshot.errors[0], 3u);
}

TEST(StatsSnapshot, CountsEndingsByKnownCodeOtherAndHttp) {
  shard::ShardStats stats;
  for (const int code : {1000, 1000, 4203, 3333, 4999, 404, 0})
    stats.endings.add(static_cast<std::uint16_t>(code));
  StatsSnapshot snapshot;
  snapshot.add(stats, {});
  EXPECT_EQ(snapshot.endings.front(), 2u);
  EXPECT_EQ(snapshot.endings.back(), 1u);
  EXPECT_EQ(snapshot.endings_other, 2u);
  EXPECT_EQ(snapshot.endings_http, 2u);
}

TEST(StatsSnapshot, PutsHistogramsTogether) {
  shard::ShardStats first, second;
  first.loop_lag.observe(1'000);
  second.loop_lag.observe(2'000);
  second.fan_out.observe(3'000);
  StatsSnapshot snapshot;
  snapshot.add(first, {});
  snapshot.add(second, {});
  EXPECT_EQ(snapshot.loop_lag.count, 2u);
  EXPECT_EQ(snapshot.loop_lag.sum, 3'000);
  EXPECT_EQ(snapshot.fan_out.count, 1u);
}

TEST(StatsSnapshot, OfAGroupAsksEveryShard) {
  IdleShards shards(3);
  for (std::size_t i = 0; i < 3; ++i)
    (*shards).shard(i).stats().deliveries.add(i + 1);
  EXPECT_EQ(snapshot_of(*shards).shards, 3u);
  EXPECT_EQ(snapshot_of(*shards).deliveries, 6u);
  EXPECT_EQ(messages_sent_by(*shards), 6u);
}

}  // namespace
}  // namespace switchboard::server
