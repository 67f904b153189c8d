#include "server/heap_trimmer.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace switchboard::server {
namespace {

TEST(HeapTrimmer, IsDueOnceHalfOfTheMostHaveGone) {
  HeapTrimmer trimmer;
  EXPECT_FALSE(trimmer.is_due(10'000, test::kStart));
  EXPECT_FALSE(trimmer.is_due(5'001, test::kStart));
  EXPECT_TRUE(trimmer.is_due(5'000, test::kStart));
  EXPECT_FALSE(trimmer.is_due(5'000, test::kStart));
}

TEST(HeapTrimmer, IsNotDueForAFew) {
  HeapTrimmer trimmer;
  EXPECT_FALSE(trimmer.is_due(HeapTrimmer::kConnectionsMin - 1, test::kStart));
  EXPECT_FALSE(trimmer.is_due(0, test::kStart));
}

TEST(HeapTrimmer, WaitsBetweenTwoTimes) {
  HeapTrimmer trimmer;
  EXPECT_FALSE(trimmer.is_due(10'000, test::kStart));
  EXPECT_TRUE(trimmer.is_due(4'000, test::kStart));
  EXPECT_FALSE(trimmer.is_due(1'000, test::kStart + HeapTrimmer::kPause - Duration(1)));
  EXPECT_TRUE(trimmer.is_due(1'000, test::kStart + HeapTrimmer::kPause));
}

}  // namespace
}  // namespace switchboard::server
