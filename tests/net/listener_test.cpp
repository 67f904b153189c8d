#include "net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "net/loopback.h"
#include "support/files_left.h"

namespace switchboard::net {
namespace {

const ListenAddress kAnyPort{.host = "127.0.0.1", .port = 0};

Listener open_any() {
  auto listener = Listener::open(kAnyPort, {});
  EXPECT_TRUE(listener);
  return std::move(*listener);
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_EQ(getsockopt(fd, level, name, &value, &length), 0);
  return value;
}

TEST(ProbeBind, ResolvesPortZeroToAFreeOne) {
  const auto address = probe_bind(kAnyPort);
  ASSERT_TRUE(address) << address.error();
  EXPECT_NE(address->port, 0);
  EXPECT_EQ(address->host, "127.0.0.1");
  EXPECT_TRUE(Listener::open(*address, {})) << "it is free again";
}

TEST(ProbeBind, FindsAPortTakenThatSharingWouldHide) {
  const Listener first = open_any();
  const auto probe = probe_bind(first.address());
  ASSERT_FALSE(probe);
  EXPECT_NE(probe.error().find(first.address().to_string()), std::string::npos) << probe.error();
  EXPECT_NE(probe.error().find("another program uses this port"), std::string::npos) << probe.error();
  EXPECT_TRUE(Listener::open(first.address(), {})) << "SO_REUSEPORT lets a second shard in";
}

TEST(ProbeBind, AnAddressThatIsNotThisMachinesIsRefused) {
  EXPECT_FALSE(probe_bind({.host = "192.0.2.1", .port = 0}));
}

TEST(Listener, EveryAddressTakesIpv4Clients) {
  auto listener = Listener::open({.host = "", .port = 0}, {});
  ASSERT_TRUE(listener) << listener.error();
  const FileDescriptor client = connect_to(listener->address().port);
  const Accepted accepted = listener->accept();
  ASSERT_EQ(accepted.status, AcceptStatus::kAccepted);
  EXPECT_EQ(accepted.peer.ip_text(), "127.0.0.1");
}

TEST(Listener, AcceptsWhoIsWaitingAndThenNobody) {
  Listener listener = open_any();
  EXPECT_EQ(listener.accept().status, AcceptStatus::kNone);
  const FileDescriptor first = connect_to(listener.address().port);
  const FileDescriptor second = connect_to(listener.address().port);
  EXPECT_EQ(listener.accept().status, AcceptStatus::kAccepted);
  EXPECT_EQ(listener.accept().status, AcceptStatus::kAccepted);
  EXPECT_EQ(listener.accept().status, AcceptStatus::kNone);
}

TEST(Listener, WithoutADescriptorWhoWaitsGoesOnWaiting) {
  Listener listener = open_any();
  const FileDescriptor client = connect_to(listener.address().port);
  {
    const FilesLeft none(0);
    const Accepted accepted = listener.accept();
    EXPECT_EQ(accepted.status, AcceptStatus::kOutOfResources);
    EXPECT_EQ(accepted.error, EMFILE);
  }
  EXPECT_EQ(listener.accept().status, AcceptStatus::kAccepted);
}

TEST(Listener, TheLastDescriptorForTheLastWhoWaitsIsNoShortage) {
  Listener listener = open_any();
  const FileDescriptor client = connect_to(listener.address().port);
  const FilesLeft one(1);
  const Accepted accepted = listener.accept();
  EXPECT_EQ(accepted.status, AcceptStatus::kAccepted);
  EXPECT_EQ(listener.accept().status, AcceptStatus::kNone);
}

TEST(Listener, AcceptedSocketsAreSetUp) {
  auto listener = Listener::open(kAnyPort, {.notsent_lowat_bytes = 8'192});
  ASSERT_TRUE(listener);
  const FileDescriptor client = connect_to(listener->address().port);
  const Accepted accepted = listener->accept();
  ASSERT_EQ(accepted.status, AcceptStatus::kAccepted);
  EXPECT_TRUE(fcntl(accepted.socket.get(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(accepted.socket.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_EQ(option(accepted.socket.get(), IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(accepted.socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT), 8'192);
}

TEST(Listener, OneThatSomebodyElseHasShutDownFails) {
  const Listener first = open_any();
  auto shared = Listener::share(first.fd(), {});
  ASSERT_TRUE(shared);
  ASSERT_EQ(::shutdown(first.fd(), SHUT_RDWR), 0);
  const Accepted accepted = shared->accept();
  EXPECT_EQ(accepted.status, AcceptStatus::kFailing);
  EXPECT_EQ(accepted.error, EINVAL);
}

TEST(Listener, ADescriptorThatListensNoMoreFails) {
  const FileDescriptor pipe_end(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto shared = Listener::share(pipe_end.get(), {});
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->accept().status, AcceptStatus::kFailing);
}

TEST(Listener, AcceptsNobodyOnceClosed) {
  Listener listener = open_any();
  listener.close();
  EXPECT_FALSE(listener.is_open());
  EXPECT_EQ(listener.accept().status, AcceptStatus::kNone);
}

}  // namespace
}  // namespace switchboard::net
