#include "server/ending.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace switchboard::server {
namespace {

using Step = Ending::Step;

constexpr Duration kLimit = std::chrono::seconds(3);

TEST(Ending, HasNoDeadlineBeforeTheFirstSignal) {
  const Ending ending;
  EXPECT_FALSE(ending.deadline());
  EXPECT_EQ(ending.on_time(test::kStart + std::chrono::hours(100)), Step::kNone);
}

TEST(Ending, TheFirstSignalBeginsItAndItsTimeIsUpAtTheLimit) {
  Ending ending;
  EXPECT_EQ(ending.on_signal(test::kStart, kLimit), Step::kBegin);
  EXPECT_EQ(ending.deadline(), test::kStart + kLimit);
  EXPECT_EQ(ending.on_time(test::kStart), Step::kNone);
  EXPECT_EQ(ending.on_time(test::kStart + kLimit - Duration(1)), Step::kNone);
  EXPECT_EQ(ending.on_time(test::kStart + kLimit), Step::kTimeUp);
  EXPECT_EQ(ending.on_time(test::kStart + kLimit + Duration(1)), Step::kTimeUp);
}

TEST(Ending, EveryFurtherSignalEndsItAtOnce) {
  Ending ending;
  ending.on_signal(test::kStart, kLimit);
  EXPECT_EQ(ending.on_signal(test::kStart, kLimit), Step::kAtOnce);
  EXPECT_EQ(ending.on_signal(test::kStart + Duration(1), kLimit), Step::kAtOnce);
  EXPECT_EQ(ending.deadline(), test::kStart + kLimit) << "the first one's";
}

TEST(Ending, ALimitOfNothingIsUpAtOnce) {
  Ending ending;
  EXPECT_EQ(ending.on_signal(test::kStart, Duration::zero()), Step::kBegin);
  EXPECT_EQ(ending.on_time(test::kStart), Step::kTimeUp);
}

}  // namespace
}  // namespace switchboard::server
