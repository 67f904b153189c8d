#include "broker/sqlite/age_clock.h"

#include <gtest/gtest.h>

namespace switchboard::broker {
namespace {

using namespace std::chrono_literals;

constexpr UnixMillis kWall = 1'700'000'000'000;
constexpr std::int64_t kDayMs = 86'400'000;

class AgeClockTest : public testing::Test {
 protected:
  AgeClockTest() { EXPECT_EQ(ages.resume(std::nullopt, false, now, wall), ""); }

  /// Time passes, looked at once a second.
  std::string pass(std::chrono::seconds by) {
    std::string told;
    for (; by > 0s; by -= 1s) {
      now += 1s;
      wall += 1'000;
      told += ages.look(now, wall);
    }
    return told;
  }
  std::string set_wall(std::int64_t by_ms) {
    wall += by_ms;
    return ages.look(now, wall);
  }
  /// Another process, or the same one, opens the store again.
  std::string reopen(bool is_same_boot) {
    const AgeClock::Saved left = *saved;
    return ages.resume(left, is_same_boot, now, wall);
  }
  void save() { saved = ages.save(now, wall); }
  StoreMillis at() const { return ages.at(now); }

  Instant now{1h};
  UnixMillis wall = kWall;
  AgeClock ages;
  std::optional<AgeClock::Saved> saved;
};

TEST_F(AgeClockTest, BeginsWithTheWallAndGoesOnWithTheOtherClock) {
  EXPECT_EQ(at(), kWall);
  EXPECT_EQ(pass(100s), "");
  EXPECT_EQ(at(), kWall + 100'000);
}

TEST_F(AgeClockTest, AWallThatIsSetChangesNothingButIsToldAndDoubted) {
  pass(10s);
  EXPECT_NE(set_wall(kDayMs).find("set by 86400 s"), std::string::npos);
  EXPECT_EQ(at(), kWall + 10'000);
  EXPECT_TRUE(ages.is_in_doubt(now));
  EXPECT_TRUE(ages.is_in_doubt(now + AgeClock::kPause - 1ns));
  EXPECT_FALSE(ages.is_in_doubt(now + AgeClock::kPause));
  EXPECT_NE(set_wall(-kDayMs).find("set by -86400 s"), std::string::npos);
  EXPECT_EQ(pass(10s), "");
  EXPECT_NEAR(static_cast<double>(at()), static_cast<double>(kWall + 20'000), 1'000);
}

TEST_F(AgeClockTest, SmallDifferencesAreNoJump) {
  EXPECT_EQ(set_wall(AgeClock::kJump / 1ms), "");
  EXPECT_NE(set_wall(AgeClock::kJump / 1ms + 1), "");
}

TEST_F(AgeClockTest, OnlySoMuchHasPassedAsBothClocksSay) {
  now += 1h;
  wall += 1'000;
  EXPECT_NE(ages.look(now, wall), "");
  EXPECT_EQ(at(), kWall + 1'000);
}

TEST_F(AgeClockTest, IsTakenUpAgainOnTheSameBootWhateverTheWallSays) {
  pass(10s);
  save();
  now += 100s;
  wall += 100'000;
  EXPECT_EQ(reopen(true), "");
  EXPECT_EQ(at(), kWall + 110'000);
  save();
  now += 100s;
  wall += kDayMs;
  EXPECT_NE(reopen(true), "");
  EXPECT_EQ(at(), kWall + 210'000);
}

TEST_F(AgeClockTest, AfterAStartOfTheMachineTheWallIsBelievedForAWhile) {
  pass(10s);
  save();
  now = Instant{5s};
  wall += AgeClock::kBelieved / 1ms;
  EXPECT_EQ(reopen(false), "");
  EXPECT_EQ(at(), kWall + 10'000 + AgeClock::kBelieved / 1ms);
}

TEST_F(AgeClockTest, ALongTimeIsBelievedOnceTheWallHasProvedItself) {
  save();
  now = Instant{5s};
  wall += kDayMs;
  EXPECT_NE(reopen(false), "");
  EXPECT_EQ(at(), kWall);
  pass(299s);
  EXPECT_EQ(at(), kWall + 299'000);
  pass(1s);
  EXPECT_EQ(at(), kWall + kDayMs + 300'000);
}

TEST_F(AgeClockTest, AWallThatWasWrongAtTheStartWipesNothing) {
  save();
  now = Instant{5s};
  wall += 400 * kDayMs;
  reopen(false);
  pass(60s);
  set_wall(-400 * kDayMs + 3'600'000);  // an hour has passed in fact
  pass(600s);
  EXPECT_NEAR(static_cast<double>(at()), static_cast<double>(kWall + 3'600'000 + 660'000), 1'500);
}

TEST_F(AgeClockTest, WhatIsNotProvedYetIsFoundAgainAtTheNextOpening) {
  save();
  now = Instant{5s};
  wall += kDayMs;
  reopen(false);
  pass(60s);
  save();
  now = Instant{5s};
  wall += 1'000;
  EXPECT_NE(reopen(false), "");
  pass(300s);
  EXPECT_EQ(at(), kWall + kDayMs + 61'000 + 300'000);
}

TEST_F(AgeClockTest, AWallThatIsBehindAddsNothing) {
  pass(10s);
  save();
  now = Instant{5s};
  wall -= kDayMs;
  EXPECT_NE(reopen(false), "");
  EXPECT_EQ(at(), kWall + 10'000);
}

TEST_F(AgeClockTest, AClockThatBeganAnewOnTheSameBootIsNotBelieved) {
  pass(10s);
  save();
  now = Instant{5s};
  wall += 20'000;
  EXPECT_EQ(reopen(true), "");
  EXPECT_EQ(at(), kWall + 30'000);
}

}  // namespace
}  // namespace switchboard::broker
