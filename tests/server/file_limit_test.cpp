#include "server/file_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace switchboard::server {
namespace {

TEST(FileLimit, IsRaisedToTheHardLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit lowered = before;
  lowered.rlim_cur = std::min<rlim_t>(before.rlim_cur, 256);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(raise_file_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(FileLimit, WhatTheProcessNeedsItselfIsSetAside) {
  EXPECT_EQ(connections_within(20'000, 1), 20'000u - 168);
  EXPECT_EQ(connections_within(20'000, 2), 20'000u - 176);
  EXPECT_EQ(connections_within(100'000, 16), 100'000u - 288);
}

TEST(FileLimit, ThereIsAlwaysRoomForAFewConnections) {
  EXPECT_EQ(connections_within(0, 1), 16u);
  EXPECT_EQ(connections_within(168 + 15, 1), 16u);
  EXPECT_EQ(connections_within(168 + 16, 1), 16u);
  EXPECT_EQ(connections_within(168 + 17, 1), 17u);
}

}  // namespace
}  // namespace switchboard::server
