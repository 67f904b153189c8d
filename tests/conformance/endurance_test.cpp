// What Autobahn's test suite tries beyond single sentences of the RFCs (its chapters 1.1.8, 5.19, 7.1.6, 9 and 10):
// sizes, cuts and masses of messages, and a reader that is slower than it writes.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class Endurance : public ServerTest {
 protected:
  /// Text that is no repetition, so that a piece in the wrong place shows.
  static std::string payload_of(std::size_t bytes) {
    std::string out;
    out.reserve(bytes + 20);
    for (std::uint64_t i = 0; out.size() < bytes; ++i)
      out += std::to_string(i * 2'654'435'761) + ' ';
    out.resize(bytes);
    return out;
  }
};

TEST_F(Endurance, MessagesOfAnySizeUpTo64MiBComeBack) {
  for (const std::size_t bytes : {kMiB / 4, kMiB, 4 * kMiB, 16 * kMiB, 64 * kMiB}) {
    const std::string payload = payload_of(bytes);
    Peer peer = client();
    send(peer, bytes == 4 * kMiB ? text(payload) : binary(payload));
    const auto frames = take_strictly(peer.stream->from_server);
    ASSERT_EQ(frames.size(), 1u) << bytes;
    EXPECT_TRUE(frames[0].payload == payload) << bytes;
    peer.reset();
  }
}

TEST_F(Endurance, AByteMoreThan64MiBFails) {
  EXPECT_EQ(answers(client_header(0x82, 64 * kMiB + 1, 8)), failed(1009));
}

TEST_F(Endurance, AMessageInFragmentsOfAnySizeComesBackWhole) {
  const std::string payload = payload_of(kMiB);
  for (const std::size_t fragment : {64, 256, 1'024, 4'096, 16'384, 65'536, 262'144}) {
    std::string bytes = client_fragment(Opcode::kText, std::string_view(payload).substr(0, fragment));
    for (std::size_t at = fragment; at < payload.size(); at += fragment)
      bytes += more(std::string_view(payload).substr(at, fragment));
    Peer peer = client();
    send(peer, bytes + last(""));
    EXPECT_EQ(read(peer), Answers{"text " + shown(payload)}) << fragment;
    peer.reset();
  }
}

TEST_F(Endurance, AMessageFragmentedByteByByteWithPingsBetweenComesBackWhole) {
  const std::string payload = payload_of(2'000);
  std::string bytes = client_fragment(Opcode::kBinary, "");
  Answers expected;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    bytes += more({&payload[i], 1});
    if (i % 10 != 0) continue;
    bytes += ping(std::to_string(i));
    expected.push_back("pong " + std::to_string(i));
  }
  expected.push_back("binary " + shown(payload));
  EXPECT_EQ(answers(bytes + last("")), expected);
}

TEST_F(Endurance, AMessageInSegmentsOfAnySizeComesBackWhole) {
  const std::string payload = payload_of(kMiB / 2);
  const std::string bytes = text(payload);
  for (const std::size_t segment : {64, 128, 1'000, 4'096, 65'535}) {
    Peer peer = client();
    for (std::size_t at = 0; at < bytes.size(); at += segment)
      peer.give(std::string_view(bytes).substr(at, segment));
    run();
    EXPECT_EQ(read(peer), Answers{"text " + shown(payload)}) << segment;
    peer.reset();
  }
}

TEST_F(Endurance, AThousandMessagesOfOneSizeComeBackInOrder) {
  for (const std::size_t bytes : {0, 16, 64, 256, 1'024, 4'096, 16'384, 65'536, 131'072}) {
    const std::string payload = payload_of(bytes);
    Peer peer = client();
    for (int i = 0; i < 1'000; ++i) {
      send(peer, i % 2 == 0 ? text(payload) : binary(payload));
      const auto frames = take_strictly(peer.stream->from_server);
      ASSERT_EQ(frames.size(), 1u);
      ASSERT_EQ(frames[0].first_byte, i % 2 == 0 ? 0x81u : 0x82u);
      ASSERT_TRUE(frames[0].payload == payload);
    }
    peer.reset();
  }
}

TEST_F(Endurance, NoAnswerIsDroppedForASlowReaderWhoIsNotReadMeanwhile) {
  constexpr int kMessages = 2'000;
  Peer peer = client();
  peer.allow(0);
  std::string bytes;
  for (int i = 0; i < kMessages; ++i)
    bytes += binary(std::to_string(i) + " " + payload_of(5'000));
  peer.give(bytes);
  run();
  EXPECT_GT(peer.stream->to_server.size(), bytes.size() - 3 * kMiB) << "the queue's bound stops the reading";

  std::string received;
  for (std::size_t step = 1; received.size() < bytes.size() - 4 * kMiB && step < 1'000; ++step) {
    peer.allow(7 + step * 97);
    run();
    received += std::exchange(peer.stream->from_server, "");
  }
  peer.allow(shard::kNoLimit);
  run();
  received += peer.stream->from_server;
  const auto frames = take_strictly(received);
  ASSERT_EQ(frames.size(), static_cast<std::size_t>(kMessages));
  for (int i = 0; i < kMessages; ++i)
    ASSERT_TRUE(frames[static_cast<std::size_t>(i)].payload == std::to_string(i) + " " + payload_of(5'000)) << i;
}

TEST_F(Endurance, AnAnswerLargerThanTheQueuesBoundIsWrittenBeforeAnythingElseIsRead) {
  const std::string large = payload_of(8 * kMiB);
  Peer peer = client();
  peer.allow(0);
  send(peer, binary(large));
  send(peer, text("behind") + ping("behind"));
  EXPECT_FALSE(peer.stream->to_server.empty());
  peer.allow(shard::kNoLimit);
  run();
  EXPECT_EQ(read(peer), (Answers{"binary " + shown(large), "text behind", "pong behind"}));
}

TEST_F(Endurance, ACloseRightBehindALargeMessageIsAnsweredBehindItsEcho) {
  const std::string large = payload_of(kMiB / 4);
  Peer peer = client();
  peer.allow(1'000);
  send(peer, text(large) + close(1000) + ping("late"));
  EXPECT_FALSE(peer.is_gone());
  peer.allow(shard::kNoLimit);
  run();
  EXPECT_EQ(read(peer), (Answers{"text " + shown(large), "close 1000", "closed"}));
}

}  // namespace
}  // namespace switchboard::conformance
