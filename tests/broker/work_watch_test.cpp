#include "broker/sqlite/work_watch.h"

#include <chrono>
#include <gtest/gtest.h>
#include <optional>

namespace switchboard::broker {
namespace {

using std::chrono::seconds;

class WorkWatchTest : public testing::Test {
 protected:
  WorkWatchTest() {
    watch.begin(WorkWatch::kWriter, [this] { return active; });
  }
  Duration held() { return watch.held(WorkWatch::kWriter, now); }
  void work() {
    ending.reset();
    ending.emplace(watch, WorkWatch::kWriter, now);
  }

  WorkWatch watch;
  std::optional<WorkWatch::Work> ending;
  Instant now{seconds(100)};
  Duration active{};
};

TEST_F(WorkWatchTest, AThreadInACallIsHeldFromWhenItWasSeenThere) {
  EXPECT_EQ(held(), Duration{});
  work();
  now += seconds(1);
  EXPECT_EQ(held(), Duration{});
  now += seconds(2);
  EXPECT_EQ(held(), seconds(2));
  now += seconds(1);
  EXPECT_EQ(held(), seconds(3));
  ending.reset();
  EXPECT_EQ(held(), Duration{});
}

TEST_F(WorkWatchTest, AnotherWorkIsCountedAnew) {
  work();
  held();
  now += seconds(2);
  EXPECT_EQ(held(), seconds(2));
  work();
  EXPECT_EQ(held(), Duration{});
  now += seconds(1);
  EXPECT_EQ(held(), seconds(1));
}

TEST_F(WorkWatchTest, WhoRunsOrWaitsForAProcessorIsNotHeld) {
  work();
  active = seconds(7);
  held();
  now += seconds(3);
  active += seconds(3);
  EXPECT_EQ(held(), Duration{});
  now += seconds(3);
  active += seconds(1);
  EXPECT_EQ(held(), seconds(2));
}

TEST_F(WorkWatchTest, WhereNobodyTellsAllOfItCounts) {
  const WorkWatch::Work reading(watch, WorkWatch::kFirstReader, now);
  watch.held(WorkWatch::kFirstReader, now);
  now += seconds(4);
  EXPECT_EQ(watch.held(WorkWatch::kFirstReader, now), seconds(4));
}

}  // namespace
}  // namespace switchboard::broker
