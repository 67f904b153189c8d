#include "server/store_thread.h"

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <pthread.h>
#include <string>
#include <sys/resource.h>
#include <thread>

namespace switchboard::server {
namespace {

TEST(StoreThread, TellsHowLongItWasActive) {
  Duration first{};
  Duration later{};
  std::thread([&] {
    const auto active = begin_store_thread("store-writer");
    first = active();
    while (active() - first < std::chrono::milliseconds(5) && active() > Duration{}) {
    }
    later = active();
  }).join();
  if (first == Duration{} && later == first) GTEST_SKIP() << "this kernel does not tell";
  EXPECT_GE(later - first, std::chrono::milliseconds(5));
}

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

}  // namespace
}  // namespace switchboard::server
