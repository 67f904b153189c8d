#include "fetch/fetch_schedule.h"

#include <gtest/gtest.h>

namespace switchboard::fetch {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};
constexpr ScheduleSettings kSettings{.refresh = 10min, .pause = 30s};

TEST(FetchSchedule, BeginsAtOnceAndGoesOnNowAndThen) {
  FetchSchedule schedule(kSettings, kStart);
  EXPECT_EQ(schedule.due(), kStart);
  schedule.on_fetched(kStart + 1s);
  EXPECT_EQ(schedule.due(), kStart + 1s + 10min);
}

TEST(FetchSchedule, AFailureIsFollowedSooner) {
  FetchSchedule schedule(kSettings, kStart);
  schedule.on_failed(kStart + 10s);
  EXPECT_EQ(schedule.due(), kStart + 40s);
  schedule.on_failed(kStart + 50s);
  EXPECT_EQ(schedule.due(), kStart + 80s);
}

TEST(FetchSchedule, AWishCountsAtOnceBehindThePause) {
  FetchSchedule schedule(kSettings, kStart);
  schedule.on_fetched(kStart);
  schedule.on_wish();
  EXPECT_EQ(schedule.due(), kStart + 30s) << "not lost, and not sooner";
  schedule.on_wish();
  EXPECT_EQ(schedule.due(), kStart + 30s);
  schedule.on_fetched(kStart + 31s);
  EXPECT_EQ(schedule.due(), kStart + 31s + 10min) << "it has been granted";
}

TEST(FetchSchedule, AWishMakesNothingLater) {
  FetchSchedule schedule(kSettings, kStart);
  schedule.on_wish();
  EXPECT_EQ(schedule.due(), kStart);
}

}  // namespace
}  // namespace switchboard::fetch
