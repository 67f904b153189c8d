#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

#include "cli/bench/process_usage.h"

namespace switchboard::cli::bench {
namespace {

TEST(ProcessUsage, ReadsUserAndSystemTicksBehindAnyName) {
  const std::string fields = " S 1 2 3 4 5 6 7 8 9 10 700 30 0 0 20 0 1 0\n";
  EXPECT_EQ(cpu_ticks_in("42 (bun)" + fields), (CpuTicks{700, 30}));
  EXPECT_EQ(cpu_ticks_in("42 (a) name (b) )" + fields), (CpuTicks{700, 30}));
  EXPECT_EQ(cpu_ticks_in("42 (bun) S 1 2"), std::nullopt);
  EXPECT_EQ(cpu_ticks_in(""), std::nullopt);
}

TEST(ProcessUsage, ReadsMemoryByItsName) {
  const std::string status = "Name:\tx\nVmRSS:\t    2048 kB\nRssAnon:\t 1 kB\n";
  EXPECT_EQ(bytes_in(status, "VmRSS:"), 2'097'152U);
  EXPECT_EQ(bytes_in(status, "RssAnon:"), 1'024U);
  EXPECT_EQ(bytes_in(status, "VmSwap:"), std::nullopt);
}

TEST(ProcessUsage, SumsProcessesAndMissesNone) {
  const pid_t self = getpid();
  const auto once = process_usage(std::vector{self});
  const auto twice = process_usage(std::vector{self, self});
  ASSERT_TRUE(once && twice);
  EXPECT_GT(once->rss_bytes, 0U);
  EXPECT_GT(twice->rss_bytes, once->rss_bytes);
  EXPECT_FALSE(process_usage(std::vector{self, pid_t{-1}}));
}

}  // namespace
}  // namespace switchboard::cli::bench
