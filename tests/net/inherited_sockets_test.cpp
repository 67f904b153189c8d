#include "net/inherited_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listener.h"

namespace switchboard::net {
namespace {

using Names = std::vector<std::string>;

std::string own_pid() {
  return std::to_string(::getpid());
}

TEST(InheritedSockets, NoneAreForUsUnlessTheyNameOurProcess) {
  EXPECT_EQ(inherited_names({}, 7).value(), Names{});
  EXPECT_EQ(inherited_names({.listen_pid = {}, .listen_fds = "1", .listen_fdnames = {}}, 7).value(), Names{});
  EXPECT_EQ(inherited_names({.listen_pid = "8", .listen_fds = "1", .listen_fdnames = {}}, 7).value(), Names{});
  EXPECT_EQ(inherited_names({.listen_pid = "x", .listen_fds = "1", .listen_fdnames = {}}, 7).value(), Names{});
  EXPECT_EQ(inherited_names({.listen_pid = "7", .listen_fds = "1", .listen_fdnames = {}}, 7).value(), Names{"unknown"});
}

TEST(InheritedSockets, AreNamedInTheirOrder) {
  EXPECT_EQ(inherited_names({.listen_pid = "7", .listen_fds = "3", .listen_fdnames = "a:b:a"}, 7).value(),
            (Names{"a", "b", "a"}));
  EXPECT_EQ(inherited_names({.listen_pid = "7", .listen_fds = "0", .listen_fdnames = {}}, 7).value(), Names{});
}

TEST(InheritedSockets, NumbersAndNamesMustFit) {
  for (const char* count : {"", "x", "-1", "1025", "1 "})
    EXPECT_FALSE(inherited_names({.listen_pid = "7", .listen_fds = count, .listen_fdnames = {}}, 7)) << count;
  EXPECT_TRUE(inherited_names({.listen_pid = "7", .listen_fds = "1024", .listen_fdnames = {}}, 7));
  for (const char* names : {"a", "a:b:c"})
    EXPECT_FALSE(inherited_names({.listen_pid = "7", .listen_fds = "2", .listen_fdnames = names}, 7)) << names;
}

/// Far from what the test itself has open.
constexpr int kPlace = 700;

TEST(InheritedSockets, AreTakenOverReadyForUse) {
  const auto listener = Listener::open({.host = "127.0.0.1", .port = 0}, {});
  ASSERT_TRUE(listener);
  ASSERT_EQ(::dup2(listener->fd(), kPlace), kPlace);
  ::fcntl(kPlace, F_SETFL, 0);
  const auto taken =
      take_inherited_sockets({.listen_pid = own_pid(), .listen_fds = "1", .listen_fdnames = "web"}, kPlace);
  ASSERT_TRUE(taken) << taken.error();
  ASSERT_EQ(taken->size(), 1u);
  EXPECT_EQ(taken->front().name, "web");
  EXPECT_FALSE(taken->front().is_unix);
  EXPECT_EQ(taken->front().address.to_string(), listener->address().to_string());
  EXPECT_TRUE(fcntl(kPlace, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(kPlace, F_GETFD) & FD_CLOEXEC);
}

TEST(InheritedSockets, WhatDoesNotListenIsAnError) {
  const FileDescriptor stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::dup2(stream.get(), kPlace), kPlace);
  const auto taken = take_inherited_sockets({.listen_pid = own_pid(), .listen_fds = "1", .listen_fdnames = {}}, kPlace);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().find("700 (unknown)"), std::string::npos) << taken.error();
  ::close(kPlace);
  EXPECT_FALSE(take_inherited_sockets({.listen_pid = own_pid(), .listen_fds = "1", .listen_fdnames = {}}, kPlace));
}

}  // namespace
}  // namespace switchboard::net
