#include "server/heap_trimmer.h"

#include <gtest/gtest.h>

namespace switchboard::server {
namespace {

constexpr Instant kStart{std::chrono::hours(1)};

TEST(HeapTrimmer, IsDueOnceHalfOfTheMostHaveGone) {
  HeapTrimmer trimmer;
  EXPECT_FALSE(trimmer.is_due(10'000, kStart));
  EXPECT_FALSE(trimmer.is_due(5'001, kStart));
  EXPECT_TRUE(trimmer.is_due(5'000, kStart));
  EXPECT_FALSE(trimmer.is_due(5'000, kStart));
}

TEST(HeapTrimmer, IsNotDueForAFew) {
  HeapTrimmer trimmer;
  EXPECT_FALSE(trimmer.is_due(HeapTrimmer::kConnectionsMin - 1, kStart));
  EXPECT_FALSE(trimmer.is_due(0, kStart));
}

TEST(HeapTrimmer, WaitsBetweenTwoTimes) {
  HeapTrimmer trimmer;
  EXPECT_FALSE(trimmer.is_due(10'000, kStart));
  EXPECT_TRUE(trimmer.is_due(4'000, kStart));
  EXPECT_FALSE(trimmer.is_due(1'000, kStart + HeapTrimmer::kPause - Duration(1)));
  EXPECT_TRUE(trimmer.is_due(1'000, kStart + HeapTrimmer::kPause));
}

}  // namespace
}  // namespace switchboard::server
