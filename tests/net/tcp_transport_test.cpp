#include "net/tcp_transport.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

#include "net/loopback.h"

namespace switchboard::net {
namespace {

class TcpTransportTest : public testing::Test {
 protected:
  TcpTransportTest() {
    auto [ours, theirs] = connected_pair();
    transport = std::make_unique<TcpTransport>(std::move(ours));
    peer = std::move(theirs);
  }
  IoResult read() { return transport->read(buffer); }
  std::string peer_reads() {
    std::string text(1'000'000, '\0');
    const ssize_t n = ::read(peer.get(), text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

  std::array<char, 8> buffer{};
  std::unique_ptr<TcpTransport> transport;
  FileDescriptor peer;
};

TEST_F(TcpTransportTest, ReadsWhatHasComeAndThenWouldBlock) {
  EXPECT_EQ(read().status, IoStatus::kWouldBlock);
  ASSERT_EQ(::write(peer.get(), "hello, you", 10), 10);
  EXPECT_EQ(read().bytes, 8u);
  const IoResult rest = read();
  EXPECT_EQ(rest.status, IoStatus::kOk);
  EXPECT_EQ(std::string_view(buffer.data(), rest.bytes), "ou");
  EXPECT_EQ(read().status, IoStatus::kWouldBlock);
}

TEST_F(TcpTransportTest, ReadsToTheEndOfTheStream) {
  ASSERT_EQ(::write(peer.get(), "bye", 3), 3);
  peer.reset();
  EXPECT_EQ(read().bytes, 3u);
  EXPECT_EQ(read().status, IoStatus::kEnd);
}

TEST_F(TcpTransportTest, WritesWhatTheSocketTakesAndThenWouldBlock) {
  const std::string bytes(10'000'000, 'x');
  const IoResult first = transport->write(bytes);
  EXPECT_EQ(first.status, IoStatus::kOk);
  EXPECT_GT(first.bytes, 0u);
  EXPECT_LT(first.bytes, bytes.size());
  IoResult next;
  std::size_t taken = first.bytes;
  while ((next = transport->write(bytes)).status == IoStatus::kOk)
    taken += next.bytes;
  EXPECT_EQ(next.status, IoStatus::kWouldBlock);
  std::size_t arrived = 0;
  for (std::string part; !(part = peer_reads()).empty();)
    arrived += part.size();
  EXPECT_EQ(arrived, taken);
  EXPECT_EQ(transport->write("more").bytes, 4u);
}

TEST_F(TcpTransportTest, WritingToAPeerThatIsGoneFailsAndRaisesNoSignal) {
  peer.reset();
  EXPECT_EQ(transport->write("x").status, IoStatus::kFailed);
}

TEST_F(TcpTransportTest, FinishingTellsThePeerAndStillReads) {
  transport->write("last");
  transport->finish_writing();
  EXPECT_EQ(peer_reads(), "last");
  EXPECT_EQ(peer_reads(), "");
  ASSERT_EQ(::write(peer.get(), "ok", 2), 2);
  EXPECT_EQ(read().bytes, 2u);
}

TEST_F(TcpTransportTest, ItsDestructionClosesTheStream) {
  transport.reset();
  char byte = 0;
  EXPECT_EQ(::read(peer.get(), &byte, 1), 0);
}

}  // namespace
}  // namespace switchboard::net
