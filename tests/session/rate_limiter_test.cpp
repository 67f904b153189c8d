#include "session/rate_limiter.h"

#include <gtest/gtest.h>

namespace switchboard::session {
namespace {

using namespace std::chrono_literals;

constexpr Instant kNow{Duration(1h)};

TEST(RateLimiter, WithoutLimitsEverythingPasses) {
  const RateSettings none{.control_frames = {}};
  AddressRate address;
  RateLimiter limiter(&address);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(limiter.take_message(kNow, none).is_refused());
    ASSERT_TRUE(limiter.take_control_frame(kNow, none));
    limiter.count_bytes(kNow, 1'000'000, none);
    ASSERT_FALSE(limiter.read_pause(kNow, none).is_refused());
  }
}

TEST(RateLimiter, SaysWhichLimitRefusesAMessageAndForHowLong) {
  const RateSettings settings{.messages = {.per_second = 10, .burst = 3}, .address_messages = {.per_second = 4}};
  AddressRate address;
  RateLimiter ann(&address);
  RateLimiter bob(&address);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(ann.take_message(kNow, settings).is_refused());
  const auto own = ann.take_message(kNow, settings);
  EXPECT_EQ(own.limit, RateLimit::kMessages);
  EXPECT_EQ(own.wait, 100ms);
  EXPECT_FALSE(bob.take_message(kNow, settings).is_refused());
  const auto shared = bob.take_message(kNow, settings);
  EXPECT_EQ(shared.limit, RateLimit::kAddressMessages);
  EXPECT_EQ(shared.wait, 250ms);
}

TEST(RateLimiter, WithoutAnAccountTheLimitsOfAddressesDoNotHold) {
  const RateSettings settings{.address_messages = {.per_second = 1}, .address_bytes = {.per_second = 1}};
  RateLimiter limiter(nullptr);
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(limiter.take_message(kNow, settings).is_refused());
  limiter.count_bytes(kNow, 1'000, settings);
  EXPECT_FALSE(limiter.read_pause(kNow, settings).is_refused());
}

TEST(RateLimiter, FramesWithoutACommandUseUpMessagesButOweNone) {
  const RateSettings settings{.messages = {.per_second = 1, .burst = 3}};
  RateLimiter limiter(nullptr);
  for (int i = 0; i < 1'000; ++i)
    limiter.count_frame(kNow, settings);
  EXPECT_EQ(limiter.take_message(kNow, settings).wait, 1s);
}

TEST(RateLimiter, ReadingPausesForTheLongerOfTheTwoDebts) {
  const RateSettings settings{.bytes = {.per_second = 1'000, .burst = 5'000},
                              .address_bytes = {.per_second = 2'000, .burst = 5'000}};
  AddressRate address;
  RateLimiter ann(&address);
  RateLimiter bob(&address);
  ann.count_bytes(kNow, 5'000, settings);
  EXPECT_FALSE(ann.read_pause(kNow, settings).is_refused());
  ann.count_bytes(kNow, 1'000, settings);
  EXPECT_EQ(ann.read_pause(kNow, settings).limit, RateLimit::kBytes);
  EXPECT_EQ(ann.read_pause(kNow, settings).wait, 1s);
  EXPECT_EQ(bob.read_pause(kNow, settings).limit, RateLimit::kAddressBytes);
  EXPECT_EQ(bob.read_pause(kNow, settings).wait, 500ms);
  EXPECT_FALSE(bob.read_pause(kNow + 500ms, settings).is_refused());
  EXPECT_TRUE(ann.read_pause(kNow + 1s - 1ns, settings).is_refused());
  EXPECT_FALSE(ann.read_pause(kNow + 1s, settings).is_refused());
}

TEST(RateLimiter, EveryLimitHasTheNameOfItsSetting) {
  for (std::size_t i = 0; i < kRateLimits; ++i)
    EXPECT_FALSE(name(static_cast<RateLimit>(i)).empty());
  EXPECT_EQ(name(RateLimit::kAddressBytes), "address_bytes");
}

}  // namespace
}  // namespace switchboard::session
