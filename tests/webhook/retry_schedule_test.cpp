#include "webhook/retry_schedule.h"

#include <gtest/gtest.h>

namespace switchboard::webhook {
namespace {

TEST(RetrySchedule, WaitsTwiceAsLongEachTimeGiveOrTakeAFifth) {
  Random random(1);
  RetrySchedule schedule;
  Duration plain = RetrySchedule::kFirst;
  for (int failure = 0; failure < 40; ++failure) {
    const Duration wait = schedule.after_failure(random, std::nullopt);
    EXPECT_GE(wait, plain * 4 / 5) << failure;
    EXPECT_LE(wait, plain * 6 / 5) << failure;
    plain = std::min(plain * 2, RetrySchedule::kMost);
  }
  schedule.reset();
  EXPECT_LE(schedule.after_failure(random, std::nullopt), RetrySchedule::kFirst * 6 / 5);
}

TEST(RetrySchedule, DoesNotComeSoonerThanAsked) {
  Random random(1);
  RetrySchedule schedule;
  EXPECT_EQ(schedule.after_failure(random, std::chrono::seconds(90)), std::chrono::seconds(90));
  EXPECT_EQ(schedule.after_failure(random, std::chrono::hours(10'000)), RetrySchedule::kAskedMost);
}

TEST(RetrySchedule, NoTwoEndpointsComeBackAtTheSameMoment) {
  Random one(1), other(2);
  EXPECT_NE(RetrySchedule().after_failure(one, std::nullopt), RetrySchedule().after_failure(other, std::nullopt));
}

}  // namespace
}  // namespace switchboard::webhook
