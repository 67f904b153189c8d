#include "ops/shard_totals.h"

#include <gtest/gtest.h>

#include "ops/idle_shards.h"

namespace switchboard::ops {
namespace {

TEST(ShardTotals, IsTheSumOfAllShards) {
  shard::ShardStats first, second;
  session::SessionStats first_sessions, second_sessions;
  first.connections.add(3);
  second.connections.add(4);
  first.deliveries.add(100);
  second_sessions.replies.add(7);
  first_sessions.errors[0].add();
  second_sessions.errors[0].add(2);

  ShardTotals totals;
  totals.add(first, first_sessions);
  totals.add(second, second_sessions);
  EXPECT_EQ(totals.shards(), 2u);
  EXPECT_EQ(totals.of(&shard::ShardStats::connections), 7u);
  EXPECT_EQ(totals.messages_sent(), 107u);
  EXPECT_EQ(totals.errors(0), 3u);
}

TEST(ShardTotals, CountsEndingsByKnownCodeOtherAndHttp) {
  shard::ShardStats stats;
  session::SessionStats sessions;
  for (const int code : {1000, 1000, 4203, 3333, 4999, 404, 0})
    stats.endings.add(static_cast<std::uint16_t>(code));
  ShardTotals totals;
  totals.add(stats, sessions);
  EXPECT_EQ(totals.endings(0), 2u);
  EXPECT_EQ(totals.endings(shard::EndingCounts::kCodes.size() - 1), 1u);
  EXPECT_EQ(totals.endings_other(), 2u);
  EXPECT_EQ(totals.endings_http(), 2u);
}

TEST(ShardTotals, PutsHistogramsTogether) {
  shard::ShardStats first, second;
  session::SessionStats sessions;
  first.loop_lag.observe(1'000);
  second.loop_lag.observe(2'000);
  second.fan_out.observe(3'000);
  ShardTotals totals;
  totals.add(first, sessions);
  totals.add(second, sessions);
  EXPECT_EQ(totals.of(&shard::ShardStats::loop_lag).count, 2u);
  EXPECT_EQ(totals.of(&shard::ShardStats::loop_lag).sum, 3'000);
  EXPECT_EQ(totals.of(&shard::ShardStats::fan_out).count, 1u);
}

TEST(ShardTotals, OfAGroupAsksEveryShard) {
  IdleShards shards(3);
  for (std::size_t i = 0; i < 3; ++i)
    (*shards).shard(i).stats().deliveries.add(i + 1);
  EXPECT_EQ(totals_of(*shards).shards(), 3u);
  EXPECT_EQ(totals_of(*shards).of(&shard::ShardStats::deliveries), 6u);
  EXPECT_EQ(totals_of(*shards).messages_sent(), 6u);
}

}  // namespace
}  // namespace switchboard::ops
