#include "server/last_resort.h"

#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

namespace switchboard::server {
namespace {

constexpr Duration kNoTime{1};
constexpr Duration kForEver = std::chrono::hours(1);

void say(Ending::Step step) {
  std::fputs(step == Ending::Step::kAtOnce ? "at once" : step == Ending::Step::kTimeUp ? "time is up" : "?", stderr);
}

/// In a process of its own, whose signals these are. It ends with 7 when nothing else ends it.
class LastResortDeathTest : public testing::Test {
 protected:
  LastResortDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  struct World {
    SystemClock clock;
    LastResort last_resort;
    explicit World(Duration limit) : last_resort(say, limit, clock) {}

    std::optional<Signal> next() {
      std::optional<Signal> signal;
      while (!(signal = last_resort.take())) {
        pollfd descriptor{.fd = last_resort.fd(), .events = POLLIN, .revents = 0};
        ::poll(&descriptor, 1, -1);
      }
      return signal;
    }
    [[noreturn]] void block() {
      while (true)
        ::pause();
    }
  };
};

TEST_F(LastResortDeathTest, TellsTheMainThreadOfTheFirstSignal) {
  for (const int number : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(
        {
          World world(kForEver);
          const bool had_deadline = world.last_resort.deadline().has_value();
          ::kill(::getpid(), number);
          const bool is_told = world.next() == Signal::kTerminate;
          const Instant now = world.clock.now();
          const auto deadline = world.last_resort.deadline();
          const bool is_right = is_told && !had_deadline && deadline && *deadline > now && *deadline <= now + kForEver;
          ::_exit(is_right && !world.last_resort.take() ? 7 : 8);
        },
        testing::ExitedWithCode(7), "");
  }
}

TEST_F(LastResortDeathTest, AReloadEndsNothing) {
  EXPECT_EXIT(
      {
        World world(kNoTime);
        for (int i = 0; i < 3; ++i) {
          ::kill(::getpid(), SIGHUP);
          if (world.next() != Signal::kReload) ::_exit(8);
        }
        ::_exit(world.last_resort.deadline() ? 8 : 7);
      },
      testing::ExitedWithCode(7), "");
}

TEST_F(LastResortDeathTest, EndsTheProcessWhenItsTimeIsUpWhateverIsBlocked) {
  EXPECT_EXIT(
      {
        World world(kNoTime);
        ::kill(::getpid(), SIGTERM);
        world.block();
      },
      testing::ExitedWithCode(1), "time is up");
}

TEST_F(LastResortDeathTest, EndsTheProcessAtOnceAtASecondSignalOfEitherKind) {
  for (const auto& [first, second] : {std::pair(SIGTERM, SIGTERM), {SIGINT, SIGINT}, {SIGTERM, SIGINT}}) {
    EXPECT_EXIT(
        {
          World world(kForEver);
          ::kill(::getpid(), first);
          world.next();  // two that come together are one
          ::kill(::getpid(), second);
          world.block();
        },
        testing::ExitedWithCode(1), "at once");
  }
}

TEST_F(LastResortDeathTest, TheLimitIsThatOfTheMomentOfTheSignal) {
  EXPECT_EXIT(
      {
        World world(kForEver);
        world.last_resort.allow(kNoTime);
        ::kill(::getpid(), SIGTERM);
        world.block();
      },
      testing::ExitedWithCode(1), "time is up");
}

TEST_F(LastResortDeathTest, NothingEndsTheProcessOnceItIsGone) {
  EXPECT_EXIT(
      {
        std::optional<World> world;
        world.emplace(kForEver);
        ::kill(::getpid(), SIGTERM);
        world->next();
        world.reset();
        ::kill(::getpid(), SIGTERM);
        ::_exit(7);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace switchboard::server
