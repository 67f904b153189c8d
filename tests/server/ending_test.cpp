#include "server/ending.h"

#include <gtest/gtest.h>

namespace switchboard::server {
namespace {

using Step = Ending::Step;

constexpr Instant kStart{std::chrono::hours(1)};
constexpr Duration kLimit = std::chrono::seconds(3);

TEST(Ending, HasNoDeadlineBeforeTheFirstSignal) {
  const Ending ending;
  EXPECT_FALSE(ending.deadline());
  EXPECT_EQ(ending.on_time(kStart + std::chrono::hours(100)), Step::kNone);
}

TEST(Ending, TheFirstSignalBeginsItAndItsTimeIsUpAtTheLimit) {
  Ending ending;
  EXPECT_EQ(ending.on_signal(kStart, kLimit), Step::kBegin);
  EXPECT_EQ(ending.deadline(), kStart + kLimit);
  EXPECT_EQ(ending.on_time(kStart), Step::kNone);
  EXPECT_EQ(ending.on_time(kStart + kLimit - Duration(1)), Step::kNone);
  EXPECT_EQ(ending.on_time(kStart + kLimit), Step::kTimeUp);
  EXPECT_EQ(ending.on_time(kStart + kLimit + Duration(1)), Step::kTimeUp);
}

TEST(Ending, EveryFurtherSignalEndsItAtOnce) {
  Ending ending;
  ending.on_signal(kStart, kLimit);
  EXPECT_EQ(ending.on_signal(kStart, kLimit), Step::kAtOnce);
  EXPECT_EQ(ending.on_signal(kStart + Duration(1), kLimit), Step::kAtOnce);
  EXPECT_EQ(ending.deadline(), kStart + kLimit) << "the first one's";
}

TEST(Ending, ALimitOfNothingIsUpAtOnce) {
  Ending ending;
  EXPECT_EQ(ending.on_signal(kStart, Duration::zero()), Step::kBegin);
  EXPECT_EQ(ending.on_time(kStart), Step::kTimeUp);
}

}  // namespace
}  // namespace switchboard::server
