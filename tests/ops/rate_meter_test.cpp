#include "ops/rate_meter.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace switchboard::ops {
namespace {

using std::chrono::milliseconds;

TEST(RateMeter, IsZeroBeforeTimeHasPassed) {
  RateMeter meter(test::kStart, 1'000);
  EXPECT_EQ(meter.per_second(), 0);
  meter.update(test::kStart + milliseconds(499), 2'000);
  EXPECT_EQ(meter.per_second(), 0);
}

TEST(RateMeter, CountsFromItsFirstTotal) {
  RateMeter meter(test::kStart, 1'000);
  meter.update(test::kStart + milliseconds(500), 1'050);
  EXPECT_DOUBLE_EQ(meter.per_second(), 100);
}

TEST(RateMeter, ForgetsWhatIsOlderThanItsWindow) {
  RateMeter meter(test::kStart, 0);
  std::uint64_t total = 1'000'000;
  for (int half_seconds = 1; half_seconds <= 12; ++half_seconds) {
    meter.update(test::kStart + milliseconds(500) * half_seconds, total);
    total += 10;
  }
  EXPECT_DOUBLE_EQ(meter.per_second(), 20);
}

TEST(RateMeter, FrequentUpdatesDoNotShortenItsWindow) {
  RateMeter meter(test::kStart, 0);
  for (int ms = 1; ms <= 5'000; ++ms)
    meter.update(test::kStart + milliseconds(ms), ms <= 2'500 ? 0 : 1'000);
  EXPECT_DOUBLE_EQ(meter.per_second(), 200);
}

TEST(RateMeter, IsZeroAfterAQuietWindow) {
  RateMeter meter(test::kStart, 0);
  for (int half_seconds = 1; half_seconds <= 11; ++half_seconds)
    meter.update(test::kStart + milliseconds(500) * half_seconds, 500);
  EXPECT_EQ(meter.per_second(), 0);
}

}  // namespace
}  // namespace switchboard::ops
