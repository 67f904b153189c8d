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

  ShardTotals totals;
  totals.add(first, first_sessions);
  totals.add(second, second_sessions);
  EXPECT_EQ(totals.shards(), 2u);
  EXPECT_EQ(totals.of(&shard::ShardStats::connections), 7u);
  EXPECT_EQ(totals.messages_sent(), 107u);
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
