#include "net/loop.h"

#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "net/listener.h"
#include "net/loopback.h"

namespace switchboard::net {
namespace {

constexpr Duration kNotAtAll = Duration::zero();

class LoopTest : public testing::Test {
 protected:
  LoopTest() { std::tie(ours, peer) = connected_pair(); }

  /// What is reported right now.
  std::vector<Readiness> look() {
    const auto ready = loop.wait(kNotAtAll);
    return {ready.begin(), ready.end()};
  }
  void peer_writes(std::string_view text) {
    ASSERT_EQ(::write(peer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  Loop loop;
  FileDescriptor ours;
  FileDescriptor peer;
};

TEST_F(LoopTest, AStreamsReadinessIsReportedOncePerEdge) {
  ASSERT_TRUE(loop.add_stream(ours.get(), 7));
  auto ready = look();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].token, 7u);
  EXPECT_TRUE(ready[0].writable);
  EXPECT_FALSE(ready[0].readable);
  EXPECT_TRUE(look().empty());

  peer_writes("a");
  ready = look();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].readable);
  EXPECT_FALSE(ready[0].hung_up);
  EXPECT_TRUE(look().empty()) << "though it was not read";
  peer_writes("b");
  EXPECT_EQ(look().size(), 1u);
}

TEST_F(LoopTest, WhatCameBeforeAStreamWasAddedIsReported) {
  peer_writes("a");
  ASSERT_TRUE(loop.add_stream(ours.get(), 7));
  const auto ready = look();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].readable);
}

TEST_F(LoopTest, TheEndOfAStreamIsReportedAsHungUp) {
  ASSERT_TRUE(loop.add_stream(ours.get(), 7));
  look();
  ASSERT_EQ(::shutdown(peer.get(), SHUT_WR), 0);
  const auto ready = look();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].readable);
  EXPECT_TRUE(ready[0].hung_up);
}

TEST_F(LoopTest, AFullSocketIsReportedWritableWhenThePeerReads) {
  ASSERT_TRUE(loop.add_stream(ours.get(), 7));
  look();
  const std::string bytes(1'000'000, 'x');
  while (::send(ours.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
  EXPECT_TRUE(look().empty());
  std::string sink(bytes.size(), '\0');
  while (::read(peer.get(), sink.data(), sink.size()) > 0) {
  }
  const auto ready = look();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].writable);
}

TEST_F(LoopTest, ASourceIsReportedAsLongAsItIsReadableAndSwitchedOn) {
  auto listener = Listener::open({.host = "127.0.0.1", .port = 0}, {});
  ASSERT_TRUE(listener);
  ASSERT_TRUE(loop.add_source(listener->fd(), 9));
  EXPECT_TRUE(look().empty());
  const FileDescriptor client = connect_to(listener->address().port);
  EXPECT_EQ(look().size(), 1u);
  EXPECT_EQ(look().size(), 1u);
  loop.disable_source(listener->fd(), 9);
  EXPECT_TRUE(look().empty());
  loop.enable_source(listener->fd(), 9);
  ASSERT_EQ(look().size(), 1u);
  listener->accept();
  EXPECT_TRUE(look().empty());
}

TEST_F(LoopTest, AClosedStreamIsForgotten) {
  ASSERT_TRUE(loop.add_stream(ours.get(), 7));
  peer_writes("a");
  ours.reset();
  EXPECT_TRUE(look().empty());
}

TEST_F(LoopTest, AWakeUpEndsTheNextWaitAndIsNotInTheResult) {
  loop.wake();
  loop.wake();
  EXPECT_TRUE(loop.wait(std::nullopt).empty()) << "it came before the wait";
  loop.wake();
  EXPECT_TRUE(loop.wait(std::nullopt).empty()) << "each is an edge, though the counter was not read";
}

TEST_F(LoopTest, AWakeUpFromAnotherThreadEndsTheWait) {
  std::thread other([this] { loop.wake(); });
  EXPECT_TRUE(loop.wait(std::nullopt).empty());
  other.join();
}

TEST_F(LoopTest, WhatIsNoSocketCannotBeAdded) {
  EXPECT_FALSE(loop.add_stream(-1, 7));
}

}  // namespace
}  // namespace switchboard::net
