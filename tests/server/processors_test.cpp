#include "server/processors.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sched.h>
#include <string>

namespace switchboard::server {
namespace {

namespace fs = std::filesystem;

/// A file tree that stands for the machine's, in the test's own directory.
class CpuQuota : public testing::Test {
 protected:
  CpuQuota() {
    std::string name = testing::TempDir() + "processors_XXXXXX";
    root = mkdtemp(name.data());
  }
  ~CpuQuota() override { fs::remove_all(root); }

  void write(const std::string& path, const std::string& text) {
    const fs::path file = root / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  /// The usual mount points; `mounted`: the group that is seen there.
  void use_v2(const std::string& group, const std::string& mounted = "/") {
    write("proc/self/cgroup", "0::" + group + "\n");
    write("proc/self/mountinfo",
          "21 1 0:20 / /proc rw - proc proc rw\n"
          "30 23 0:26 " +
              mounted + " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  }
  void use_v1(const std::string& group, const std::string& mounted = "/") {
    write("proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:" + group + "\n3:cpuset:/s\n0::/u\n");
    write("proc/self/mountinfo",
          "30 23 0:26 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
          "31 23 0:27 " +
              mounted + " /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:3 - cgroup cgroup rw,cpu,cpuacct\n");
  }
  void set_v1(const std::string& folder, const std::string& quota, const std::string& period) {
    write("sys/fs/cgroup/cpu,cpuacct" + folder + "/cpu.cfs_quota_us", quota + "\n");
    write("sys/fs/cgroup/cpu,cpuacct" + folder + "/cpu.cfs_period_us", period + "\n");
  }
  double quota() const { return cpu_quota(root).value_or(0); }

  fs::path root;
};

TEST_F(CpuQuota, IsNoneWhereNothingIsSaid) {
  EXPECT_EQ(quota(), 0) << "no /proc at all";
  use_v2("/");
  EXPECT_EQ(quota(), 0) << "the root group has no file";
  use_v2("/a");
  write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 0);
}

TEST_F(CpuQuota, OfVersion2IsQuotaByPeriod) {
  use_v2("/a");
  write("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  EXPECT_DOUBLE_EQ(quota(), 1.5);
  write("sys/fs/cgroup/a/cpu.max", "20000 50000\n");
  EXPECT_DOUBLE_EQ(quota(), 0.4);
}

TEST_F(CpuQuota, OfVersion2IsTheSmallestOnTheWayUp) {
  use_v2("/pod/container/inner");
  write("sys/fs/cgroup/pod/cpu.max", "300000 100000\n");
  write("sys/fs/cgroup/pod/container/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/pod/container/inner/cpu.max", "400000 100000\n");
  write("sys/fs/cgroup/other/cpu.max", "100000 100000\n");
  EXPECT_DOUBLE_EQ(quota(), 3);
  write("sys/fs/cgroup/pod/container/cpu.max", "250000 100000\n");
  EXPECT_DOUBLE_EQ(quota(), 2.5);
}

TEST_F(CpuQuota, OfVersion2InANamespaceIsThatOfWhatIsMounted) {
  use_v2("/");
  write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_DOUBLE_EQ(quota(), 2);
  use_v2("/../neighbour");  // moved out of the namespace
  EXPECT_DOUBLE_EQ(quota(), 2);
}

TEST_F(CpuQuota, OfVersion1IsTheSmallestOnTheWayUp) {
  use_v1("/docker/a");
  set_v1("", "-1", "100000");
  set_v1("/docker", "-1", "100000");
  set_v1("/docker/a", "-1", "100000");
  EXPECT_EQ(quota(), 0);
  set_v1("/docker/a", "300000", "100000");
  EXPECT_DOUBLE_EQ(quota(), 3);
  set_v1("/docker", "100000", "50000");
  EXPECT_DOUBLE_EQ(quota(), 2);
}

TEST_F(CpuQuota, OfVersion1InAContainerWithoutANamespaceIsFoundAtTheMount) {
  use_v1("/docker/a", "/docker/a");
  set_v1("", "50000", "100000");
  EXPECT_DOUBLE_EQ(quota(), 0.5);
  use_v1("/docker/a/b", "/docker/a");
  set_v1("/b", "25000", "100000");
  EXPECT_DOUBLE_EQ(quota(), 0.25);
  use_v1("/docker/abc", "/docker/a");  // another group, whose name begins the same
  EXPECT_DOUBLE_EQ(quota(), 0.5);
}

TEST_F(CpuQuota, OfBothVersionsAtOnceIsTheSmaller) {
  write("proc/self/cgroup", "1:cpu:/one\n0::/two\n");
  write("proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpu\\040x rw,relatime - cgroup cgroup rw,cpu\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
  write("sys/fs/cgroup/cpu x/one/cpu.cfs_quota_us", "700000\n");
  write("sys/fs/cgroup/cpu x/one/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(quota(), 7);
  write("sys/fs/cgroup/unified/two/cpu.max", "600000 100000\n");
  EXPECT_DOUBLE_EQ(quota(), 6);
}

TEST_F(CpuQuota, WhatIsNotUnderstoodIsNoQuota) {
  use_v2("/a");
  for (const char* text : {"", "\n", "100000", "100000 ", "100000 0", "0 100000", "-1 100000", "x y", "max"}) {
    write("sys/fs/cgroup/a/cpu.max", text);
    EXPECT_EQ(quota(), 0) << text;
  }
  write("sys/fs/cgroup/a/cpu.max", "100000 100000\n");
  for (const char* text : {"", "nonsense", "0::", "::", "1:cpu:/a"}) {
    write("proc/self/cgroup", text);
    EXPECT_EQ(quota(), 0) << text;
  }
  use_v2("/a");
  for (const char* text : {"", "1 2 3", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2", "- - - - - -"}) {
    write("proc/self/mountinfo", text);
    EXPECT_EQ(quota(), 0) << text;
  }
}

TEST(Processors, AreTheFewestThatAnythingAllows) {
  EXPECT_EQ((Processors{.online = 8, .affinity = 8, .quota = {}}).usable(), 8u);
  EXPECT_EQ((Processors{.online = 8, .affinity = 3, .quota = {}}).usable(), 3u);
  EXPECT_EQ((Processors{.online = 8, .affinity = 3, .quota = 2}).usable(), 2u);
  EXPECT_EQ((Processors{.online = 2, .affinity = 2, .quota = 16}).usable(), 2u);
  EXPECT_FALSE((Processors{.online = 2, .affinity = 2, .quota = 16}).is_limited());
  EXPECT_TRUE((Processors{.online = 2, .affinity = 1, .quota = {}}).is_limited());
}

TEST(Processors, OfAFractionAreRoundedUpAndAtLeastOne) {
  for (const auto& [quota, usable] :
       {std::pair{0.01, 1u}, {0.5, 1u}, {1.0, 1u}, {1.01, 2u}, {1.5, 2u}, {2.0, 2u}, {1e18, 8u}}) {
    EXPECT_EQ((Processors{.online = 8, .affinity = 8, .quota = quota}).usable(), usable) << quota;
  }
  EXPECT_EQ((Processors{.online = 8, .affinity = 8, .quota = 100'000.0 / 33'333.0 - 1e-12}).usable(), 4u);
  EXPECT_EQ((Processors{.online = 8, .affinity = 8, .quota = 0.3 / 0.1}).usable(), 3u);
  EXPECT_EQ((Processors{.online = 0, .affinity = 0, .quota = {}}).usable(), 1u);
}

TEST(Processors, FollowTheAffinityOfTheProcess) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &before)) {
      CPU_SET(i, &one);
      break;
    }
  }
  EXPECT_EQ(usable_processors().affinity, static_cast<std::uint32_t>(CPU_COUNT(&before)));
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const Processors processors = usable_processors();
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(processors.affinity, 1u);
  EXPECT_EQ(processors.usable(), 1u);
}

}  // namespace
}  // namespace switchboard::server
