#include "base/timer_wheel.h"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <vector>

#include "base/random.h"

namespace switchboard {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr Instant kStart{milliseconds(5)};
constexpr milliseconds kTick{10};
constexpr std::size_t kSlots = 64;
constexpr auto kRound = kTick * 64;

struct TimerWheelTest : testing::Test {
  TimerWheel wheel{kStart, kTick, kSlots};

  /// Advances to `now` and returns what fired, in order.
  std::vector<TimerNode*> fired_by(Instant now) {
    std::vector<TimerNode*> fired;
    wheel.advance(now, [&](TimerNode& timer) { fired.push_back(&timer); });
    return fired;
  }
};

TEST_F(TimerWheelTest, FiresAtItsDeadlineWhenThatIsATick) {
  TimerNode timer;
  wheel.arm(timer, kStart + 3 * kTick);
  EXPECT_TRUE(fired_by(kStart + 3 * kTick - nanoseconds(1)).empty());
  EXPECT_EQ(fired_by(kStart + 3 * kTick), std::vector{&timer});
  EXPECT_FALSE(timer.armed());
  EXPECT_TRUE(fired_by(kStart + 100 * kTick).empty());
}

TEST_F(TimerWheelTest, FiresWithinATickAfterADeadlineBetweenTwoTicks) {
  TimerNode timer;
  wheel.arm(timer, kStart + 3 * kTick + nanoseconds(1));
  EXPECT_TRUE(fired_by(kStart + 4 * kTick - nanoseconds(1)).empty());
  EXPECT_EQ(fired_by(kStart + 4 * kTick), std::vector{&timer});
}

TEST_F(TimerWheelTest, FiresADeadlineInThePastAtTheNextTick) {
  TimerNode timer;
  EXPECT_TRUE(fired_by(kStart + 7 * kTick).empty());
  wheel.arm(timer, Instant::min());
  EXPECT_TRUE(fired_by(kStart + 8 * kTick - nanoseconds(1)).empty());
  EXPECT_EQ(fired_by(kStart + 8 * kTick), std::vector{&timer});
}

TEST_F(TimerWheelTest, WaitsForLaterRoundsAroundTheHorizon) {
  for (const auto ticks : {63, 64, 65, 128, 1000}) {
    TimerWheel fresh(kStart, kTick, kSlots);
    TimerNode timer;
    fresh.arm(timer, kStart + ticks * kTick);
    int fired_at = 0;
    for (int tick = 1; tick <= ticks + 1 && fired_at == 0; ++tick) {
      fresh.advance(kStart + tick * kTick, [&](TimerNode&) { fired_at = tick; });
    }
    EXPECT_EQ(fired_at, ticks);
  }
}

TEST_F(TimerWheelTest, CatchesUpAfterAPauseOfManyRounds) {
  TimerNode soon, later, much_later;
  wheel.arm(soon, kStart + kTick);
  wheel.arm(later, kStart + 5 * kRound);
  wheel.arm(much_later, kStart + 50 * kRound);
  auto fired = fired_by(kStart + 49 * kRound);
  EXPECT_EQ(fired.size(), 2u);
  EXPECT_TRUE(much_later.armed());
  EXPECT_EQ(fired_by(kStart + 50 * kRound), std::vector{&much_later});
}

TEST_F(TimerWheelTest, NeverFiresTheFarthestDeadline) {
  TimerNode timer;
  wheel.arm(timer, Instant::max());
  EXPECT_TRUE(fired_by(kStart + 1000 * kRound).empty());
  EXPECT_TRUE(timer.armed());
}

TEST_F(TimerWheelTest, MovesATimerThatIsArmedAgain) {
  TimerNode timer;
  wheel.arm(timer, kStart + 2 * kTick);
  wheel.arm(timer, kStart + 5 * kTick);
  EXPECT_EQ(wheel.size(), 1u);
  EXPECT_TRUE(fired_by(kStart + 4 * kTick).empty());
  EXPECT_EQ(fired_by(kStart + 5 * kTick), std::vector{&timer});
}

TEST_F(TimerWheelTest, ForgetsCancelledAndDestroyedTimers) {
  TimerNode cancelled;
  auto destroyed = std::make_unique<TimerNode>();
  wheel.arm(cancelled, kStart + kTick);
  wheel.arm(*destroyed, kStart + kTick);
  wheel.cancel(cancelled);
  wheel.cancel(cancelled);
  destroyed.reset();
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_EQ(wheel.next_deadline(), std::nullopt);
  EXPECT_TRUE(fired_by(kStart + kRound).empty());
}

TEST_F(TimerWheelTest, DisarmsItsTimersWhenDestroyed) {
  TimerNode timer;
  {
    TimerWheel short_lived(kStart, kTick, kSlots);
    short_lived.arm(timer, kStart + kTick);
  }
  EXPECT_FALSE(timer.armed());
}

TEST_F(TimerWheelTest, NextDeadlineIsWhenTheNextTimerFires) {
  EXPECT_EQ(wheel.next_deadline(), std::nullopt);
  for (const auto ticks : {1, 2, 62, 63, 64}) {
    for (const auto already_passed : {0, 1, 31, 63}) {
      TimerWheel fresh(kStart, kTick, kSlots);
      fresh.advance(kStart + already_passed * kTick, [](TimerNode&) {});
      TimerNode timer;
      fresh.arm(timer, kStart + (already_passed + ticks) * kTick);
      EXPECT_EQ(fresh.next_deadline(), kStart + (already_passed + ticks) * kTick);
    }
  }
}

TEST_F(TimerWheelTest, NextDeadlineOfADistantTimerIsWithinARoundAndNotLate) {
  TimerNode timer;
  const Instant deadline = kStart + 200 * kTick;
  wheel.arm(timer, deadline);
  int wake_ups = 0;
  while (timer.armed()) {
    ASSERT_LE(*wheel.next_deadline(), deadline);
    wheel.advance(*wheel.next_deadline(), [](TimerNode&) {});
    ASSERT_LT(++wake_ups, 5);
  }
}

TEST_F(TimerWheelTest, StopsAtItsLimitAndLosesNothing) {
  std::deque<TimerNode> timers(10);
  for (TimerNode& timer : timers)
    wheel.arm(timer, kStart + kTick);
  std::size_t fired = 0;
  const auto count = [&](TimerNode&) { ++fired; };

  EXPECT_TRUE(wheel.advance(kStart + kTick, 4, count));
  EXPECT_EQ(fired, 4u);
  EXPECT_EQ(wheel.size(), 6u);
  EXPECT_LE(*wheel.next_deadline(), kStart + kTick);
  EXPECT_TRUE(wheel.advance(kStart + kTick, 5, count));
  EXPECT_EQ(fired, 9u);
  EXPECT_FALSE(wheel.advance(kStart + kTick, 1, count));  // exactly what was left
  EXPECT_EQ(fired, 10u);
  EXPECT_EQ(wheel.next_deadline(), std::nullopt);
}

TEST_F(TimerWheelTest, CancelsATimerThatTheLimitLeftOver) {
  std::deque<TimerNode> timers(3);
  for (TimerNode& timer : timers)
    wheel.arm(timer, kStart + kTick);
  EXPECT_TRUE(wheel.advance(kStart + kTick, 1, [](TimerNode&) {}));
  wheel.cancel(timers[1]);
  EXPECT_EQ(fired_by(kStart + kTick), std::vector{&timers[2]});
}

TEST_F(TimerWheelTest, MayBeChangedFromWithinACall) {
  std::deque<TimerNode> timers(4);
  for (TimerNode& timer : timers)
    wheel.arm(timer, kStart + kTick);
  std::vector<TimerNode*> fired;
  wheel.advance(kStart + kTick, [&](TimerNode& timer) {
    fired.push_back(&timer);
    if (&timer != &timers[0]) return;
    wheel.cancel(timers[1]);                   // the next in line
    wheel.arm(timers[2], kStart + 3 * kTick);  // the one after it
    wheel.arm(timers[0], kStart);              // itself, overdue: not again in this call
  });
  EXPECT_EQ(fired, (std::vector{&timers[0], &timers[3]}));
  EXPECT_EQ(fired_by(kStart + 2 * kTick), std::vector{&timers[0]});
  EXPECT_EQ(fired_by(kStart + 3 * kTick), std::vector{&timers[2]});
}

TEST_F(TimerWheelTest, MayDestroyTheTimerThatFired) {
  std::map<TimerNode*, std::unique_ptr<TimerNode>> timers;
  for (int i = 0; i < 5; ++i) {
    auto timer = std::make_unique<TimerNode>();
    wheel.arm(*timer, kStart + kTick);
    TimerNode* key = timer.get();
    timers.emplace(key, std::move(timer));
  }
  wheel.advance(kStart + kTick, [&](TimerNode& timer) { timers.erase(&timer); });
  EXPECT_TRUE(timers.empty());
}

// A map from timer to deadline is the model: each timer fires in the first advance at or after its deadline's tick.
TEST_F(TimerWheelTest, AgreesWithAModelUnderRandomUse) {
  Random random(7);
  std::deque<TimerNode> timers(2000);
  std::map<TimerNode*, Instant> expected;
  Instant now = kStart;
  for (int step = 0; step < 2000; ++step) {
    for (int i = 0; i < 10; ++i) {
      TimerNode& timer = timers[random.below(timers.size())];
      if (random.below(4) == 0) {
        wheel.cancel(timer);
        expected.erase(&timer);
      } else {
        expected[&timer] = now + nanoseconds(random.below(nanoseconds(3 * kRound).count()));
        wheel.arm(timer, expected[&timer]);
      }
    }
    now += nanoseconds(random.below(nanoseconds(2 * kTick).count()));
    while (wheel.advance(now, 1 + random.below(5), [&](TimerNode& timer) {
      ASSERT_TRUE(expected.contains(&timer));
      ASSERT_LE(expected[&timer], now);
      expected.erase(&timer);
    })) {
    }
    ASSERT_EQ(wheel.size(), expected.size());
    for (const auto& [timer, deadline] : expected)
      ASSERT_GT(deadline + 2 * kTick, now);
    if (!expected.empty()) {
      ASSERT_GT(*wheel.next_deadline(), now);
      ASSERT_LE(*wheel.next_deadline(), now + kRound);
    }
  }
}

TEST_F(TimerWheelTest, Holds100000Timers) {
  std::deque<TimerNode> timers(100'000);
  TimerWheel large(kStart);
  for (std::size_t i = 0; i < timers.size(); ++i)
    large.arm(timers[i], kStart + std::chrono::microseconds(250 * i));
  std::size_t fired = 0;
  for (Instant now = kStart; fired < timers.size(); now += TimerWheel::kDefaultTick) {
    ASSERT_LE(now, kStart + std::chrono::seconds(26));
    large.advance(now, [&](TimerNode& timer) {
      ASSERT_LE(timer.deadline, now);
      ++fired;
    });
  }
  EXPECT_EQ(large.size(), 0u);
}

}  // namespace
}  // namespace switchboard
