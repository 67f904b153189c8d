#include "shard/stats.h"

#include <gtest/gtest.h>

namespace switchboard::shard {
namespace {

TEST(EndingCounts, CountsByCodeAndPutsTheRestTogether) {
  MetricList metrics;
  EndingCounts counts(metrics);
  for (const std::uint16_t code : EndingCounts::kCodes)
    counts.add(code);
  for (std::size_t i = 0; i < EndingCounts::kCodes.size(); ++i)
    EXPECT_EQ(counts.value(i), 1u) << EndingCounts::kCodes[i];
  for (const std::uint16_t code : std::initializer_list<std::uint16_t>{0, 408, 999})
    counts.add(code);
  EXPECT_EQ(counts.http(), 3u);
  EXPECT_EQ(counts.other(), 0u);
  counts.add(1004);
  counts.add(4999);
  EXPECT_EQ(counts.other(), 2u);
}

}  // namespace
}  // namespace switchboard::shard
