#include "net/thread_times.h"

#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

namespace switchboard::net {
namespace {

using std::chrono::milliseconds;

/// The calling thread's own, as the kernel accounts for it elsewhere.
Duration processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void work_for(Duration time) {
  const Duration until = processor_time() + time;
  while (processor_time() < until) {
  }
}

class ThreadTimesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!ThreadTimes().read().has_value()) GTEST_SKIP() << "this kernel does not tell";
  }
};

TEST_F(ThreadTimesTest, GrowsWithWhatTheThreadRuns) {
  const ThreadTimes times;
  const Duration before = times.read()->ran;
  work_for(milliseconds(40));
  EXPECT_GE(times.read()->ran - before, milliseconds(30));  // a tick of the scheduler may be missing
}

TEST_F(ThreadTimesTest, IsThatOfTheThreadThatMadeItWhoeverAsks) {
  const ThreadTimes times;
  const Duration before = times.read()->ran;
  std::thread([] { work_for(milliseconds(40)); }).join();
  EXPECT_LT(times.read()->ran - before, milliseconds(30));
  Duration seen{};
  std::thread([&] { seen = times.read()->ran; }).join();
  EXPECT_GE(seen, before);
}

TEST_F(ThreadTimesTest, OfAThreadThatHasEndedThereAreNone) {
  std::optional<ThreadTimes> times;
  std::thread([&] { times.emplace(); }).join();
  // Whoever joins it may be faster than the kernel, which takes it away a moment later.
  for (int looks = 0; looks < 1'000'000 && times->read().has_value(); ++looks)
    std::this_thread::yield();
  EXPECT_FALSE(times->read().has_value());
}

}  // namespace
}  // namespace switchboard::net
