#include "server/store_thread.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <thread>

namespace switchboard::server {
namespace {

using std::chrono::milliseconds;

TEST(StoreThread, HasItsNameAndStandsBackAlone) {
  const int before = getpriority(PRIO_PROCESS, 0);
  int during = before;
  std::string name(16, '\0');
  std::thread([&] {
    begin_store_thread("store-writer");
    during = getpriority(PRIO_PROCESS, 0);
    pthread_getname_np(pthread_self(), name.data(), name.size());
  }).join();
  EXPECT_EQ(during, std::min(before + 5, 19));
  EXPECT_EQ(name.c_str(), std::string("store-writer"));
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before) << "whoever started it does not";
}

/// On the first processor that this process may use.
void stay_on_one_processor() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &one);
  pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

long pauses() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

TEST(StoreThread, GivesWayToWhoWantsTheSameProcessor) {
  std::atomic<bool> is_over{false};
  std::thread shard([&] {
    stay_on_one_processor();
    while (!is_over.load()) {
    }
  });
  long paused = 0;
  bool is_told = true;
  std::thread([&] {
    stay_on_one_processor();
    const broker::WorkerThread thread = begin_store_thread("store-writer");
    const long before = pauses();
    const Duration began = thread.active();
    is_told = began > Duration{};
    // Most of it is waiting: run, paused and found waiting again a few times.
    while (is_told && thread.active() - began < milliseconds(400))
      thread.give_way();
    paused = pauses() - before;
  }).join();
  is_over.store(true);
  shard.join();
  if (!is_told) GTEST_SKIP() << "this kernel does not tell";
  EXPECT_GT(paused, 50) << "pauses while it ran for some 100 ms";
}

}  // namespace
}  // namespace switchboard::server
