#include "base/token_bucket.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace switchboard {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTaken{};
constexpr Instant kBegin{Duration(1h)};

/// The two kinds must do the same.
template <typename Bucket>
class TokenBucketTest : public testing::Test {
 protected:
  int taken_at(Instant now, const Rate& rate) {
    int taken = 0;
    while (taken < 100'000 && bucket.take(now, 1, rate) == kTaken)
      ++taken;
    return taken;
  }

  Bucket bucket;
};
using Kinds = testing::Types<TokenBucket, SharedTokenBucket>;
TYPED_TEST_SUITE(TokenBucketTest, Kinds);

TYPED_TEST(TokenBucketTest, ANewOneIsFullAndHoldsTheBurst) {
  EXPECT_EQ(this->taken_at(kBegin, {.per_second = 10, .burst = 25}), 25);
}

TYPED_TEST(TokenBucketTest, WithoutABurstItHoldsWhatComesInOneSecond) {
  EXPECT_EQ(this->taken_at(kBegin, {.per_second = 10}), 10);
}

TYPED_TEST(TokenBucketTest, ATokenComesAfterItsTimeAndNotBefore) {
  const Rate rate{.per_second = 10, .burst = 2};
  EXPECT_EQ(this->taken_at(kBegin, rate), 2);
  EXPECT_EQ(this->bucket.take(kBegin, 1, rate), 100ms);
  EXPECT_EQ(this->bucket.take(kBegin + 100ms - 1ns, 1, rate), 1ns);
  EXPECT_EQ(this->taken_at(kBegin + 100ms, rate), 1);
  EXPECT_EQ(this->taken_at(kBegin + 299ms, rate), 1);
  EXPECT_EQ(this->taken_at(kBegin + 300ms, rate), 1);
}

TYPED_TEST(TokenBucketTest, ItNeverHoldsMoreThanTheBurst) {
  const Rate rate{.per_second = 1'000, .burst = 3};
  this->taken_at(kBegin, rate);
  EXPECT_EQ(this->taken_at(kBegin + 24h, rate), 3);
}

TYPED_TEST(TokenBucketTest, WhatWasRefusedTakesNothing) {
  const Rate rate{.per_second = 1, .burst = 1};
  this->taken_at(kBegin, rate);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(this->bucket.take(kBegin, 1, rate), 1s);
}

TYPED_TEST(TokenBucketTest, SeveralTokensAreTakenTogetherOrNotAtAll) {
  const Rate rate{.per_second = 1, .burst = 10};
  EXPECT_EQ(this->bucket.take(kBegin, 8, rate), kTaken);
  EXPECT_EQ(this->bucket.take(kBegin, 3, rate), 1s);
  EXPECT_EQ(this->bucket.take(kBegin, 2, rate), kTaken);
}

TYPED_TEST(TokenBucketTest, SpendingGoesIntoDebtThatTimePays) {
  const Rate rate{.per_second = 1'000, .burst = 2'000};
  this->bucket.spend(kBegin, 2'000, rate);
  EXPECT_EQ(this->bucket.solvent_at(rate), kBegin) << "empty, but owes nothing";
  this->bucket.spend(kBegin, 500, rate);
  EXPECT_EQ(this->bucket.solvent_at(rate), kBegin + 500ms);
  EXPECT_GT(this->bucket.take(kBegin + 500ms, 1, rate), kTaken);
  EXPECT_EQ(this->bucket.take(kBegin + 501ms, 1, rate), kTaken);
}

TYPED_TEST(TokenBucketTest, AFullOneOwesNothing) {
  EXPECT_LE(this->bucket.solvent_at({.per_second = 1}), kBegin);
}

TYPED_TEST(TokenBucketTest, TheLargestRatesAndBurstsDoNotOverflow) {
  const Rate slow{.per_second = 1, .burst = 1'000'000'000};
  EXPECT_EQ(this->bucket.take(kBegin, 1'000'000'000, slow), kTaken);
  EXPECT_EQ(this->bucket.take(kBegin, 1, slow), 1s);
  TypeParam other;
  const Rate fast{.per_second = 1'000'000'000, .burst = 1'000'000'000};
  EXPECT_EQ(other.take(kBegin, 1'000'000'000, fast), kTaken);
  EXPECT_EQ(other.take(kBegin, 1, fast), 1ns);
}

TYPED_TEST(TokenBucketTest, ARateThatDividesNoSecondIsNeverExceeded) {
  const Rate rate{.per_second = 7, .burst = 1};
  int taken = 0;
  for (Duration at{}; at < 100s; at += 1ms)
    taken += this->bucket.take(kBegin + at, 1, rate) == kTaken ? 1 : 0;
  EXPECT_LE(taken, 7 * 100 + 1);
  EXPECT_GT(taken, 680);
}

TYPED_TEST(TokenBucketTest, AChangedRateHoldsFromThenOn) {
  this->taken_at(kBegin, {.per_second = 1, .burst = 1});
  EXPECT_EQ(this->taken_at(kBegin + 1s, {.per_second = 100, .burst = 100}), 100);
}

TEST(SharedTokenBucket, ThreadsTogetherTakeWhatThereIsAndNoMore) {
  constexpr int kThreads = 4;
  const Rate rate{.per_second = 1, .burst = 100'000};
  SharedTokenBucket bucket;
  std::atomic<int> taken{0};
  std::vector<std::jthread> threads;
  for (int n = 0; n < kThreads; ++n) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50'000; ++i)
        taken += bucket.take(kBegin, 1, rate) == kTaken ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(taken, 100'000);
}

}  // namespace
}  // namespace switchboard
