// Input in portions: who sends much waits for itself, and for hardly anybody else.
#include "shard/intake.h"

#include "shard/shard_driver.h"
#include "ws/client_deflater.h"

namespace switchboard::shard {
namespace {

using session::kUpgradeDeflate;

constexpr std::string_view kPing = R"({"type":"ping"})";

std::string pings(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i)
    bytes += ws::client_frame(ws::Opcode::kText, kPing);
  return bytes;
}

class IntakeTest : public ShardTest {
 protected:
  static std::size_t answers(Peer& peer) { return peer.frames().size(); }
};

TEST_F(IntakeTest, MuchInputIsHandledInPortionsAndAllOfItAtLast) {
  Peer peer = open();
  const std::string input = pings(4'000);
  peer.give(input);
  const std::size_t first = answers(peer);
  EXPECT_GT(first, 0u);
  EXPECT_LE(first, Intake::kLightWork / session::kCommandWork + 1);
  std::size_t all = first;
  while (shard().has_work()) {
    shard().turn();
    const std::size_t step = answers(peer);
    EXPECT_LE(step, 2 * Intake::kHeavyWork / session::kCommandWork) << "one step in each line, at most";
    all += step;
  }
  EXPECT_EQ(all, 4'000u);
}

TEST_F(IntakeTest, ABystanderIsAnsweredBeforeACrowdThatSendsMuch) {
  std::vector<Peer> crowd;
  for (int i = 0; i < 50; ++i)
    crowd.push_back(open());
  Peer bystander = open();
  for (Peer& peer : crowd)
    peer.give(pings(2'000));
  shard().turn();
  bystander.say(kPing);
  for (int turns = 0; turns < 2 && bystander.stream->from_server.empty(); ++turns)
    shard().turn();
  EXPECT_EQ(answers(bystander), 1u);
  run();
  for (Peer& peer : crowd)
    EXPECT_EQ(answers(peer), 2'000u);
}

TEST_F(IntakeTest, OneTurnTakesAStepOfOneOfEachLineWhereItsTimeIsUpAtOnce) {
  settings.input_us = 0;
  std::vector<Peer> crowd;
  for (int i = 0; i < 10; ++i)
    crowd.push_back(open());
  for (Peer& peer : crowd)
    peer.give(pings(100));
  const auto answered = [&] {
    std::size_t sum = 0;
    for (Peer& peer : crowd)
      sum += answers(peer);
    return sum;
  };
  EXPECT_EQ(answered(), 0u) << "there was no time";
  shard().turn();
  const std::size_t one_step = answered();
  EXPECT_GT(one_step, 0u);
  EXPECT_LE(one_step, (Intake::kLightWork + Intake::kHeavyWork) / session::kCommandWork + 2);
  run();
  EXPECT_EQ(one_step + answered(), 1'000u);
}

TEST_F(IntakeTest, ACompressedMessageCostsWhatItBecomes) {
  Peer sender = open(0, kUpgradeDeflate);
  const std::string large = R"({"type":"ping","pad":")" + std::string(60'000, 'a') + "\"}";
  const std::string small = ws::deflated(large);
  ASSERT_LT(small.size(), 200u);
  std::string bytes;
  for (int i = 0; i < 20; ++i)
    bytes += ws::client_frame_of(0xC1, small);
  sender.give(bytes);
  EXPECT_EQ(answers(sender), 1u) << "each is more than a step";
  shard().turn();
  EXPECT_EQ(answers(sender), 1u);
  run();
  EXPECT_EQ(answers(sender), 18u);
}

TEST_F(IntakeTest, InflatedBytesCountAgainstTheLimitOnBytes) {
  settings.session.rate.bytes = {.per_second = 1'000, .burst = 50'000};
  Peer sender = open(0, kUpgradeDeflate);
  const std::string small = ws::deflated(R"({"type":"ping","pad":")" + std::string(60'000, 'a') + "\"}");
  sender.give(ws::client_frame_of(0xC1, small) + ws::client_frame_of(0xC1, small));
  run();
  EXPECT_EQ(answers(sender), 1u) << "the second waits until the first is paid for";
  pass(12s);
  EXPECT_EQ(answers(sender), 1u);
}

TEST_F(IntakeTest, AFullMailboxLeavesTheShardWithoutWorkUntilThereIsRoom) {
  start(2, /*ring_slots=*/4);
  const std::string room = room_at(1);
  Peer sender = member(room, 0);
  std::string bytes;
  for (int i = 0; i < 40; ++i)
    bytes += ws::client_frame(
        ws::Opcode::kText, R"({"type":"broadcast","room_id":")" + room + R"(","content":)" + std::to_string(i) + "}");
  sender.give(bytes);
  for (int turns = 0; turns < 20 && shard(0).has_work(); ++turns)
    shard(0).turn();
  EXPECT_FALSE(shard(0).has_work()) << "only the other shard can change anything";
  EXPECT_EQ(shard(0).stats().waits.value(), 1u) << "asked once, not in every turn";
  run();
  std::string all;
  for (int i = 0; i < 40; ++i)
    all += (i == 0 ? "" : " ") + std::to_string(i);
  EXPECT_EQ(sender.contents(), all);
}

TEST_F(IntakeTest, WhoSendsMuchLeavesRoomInAMailboxForWhoSendsLittle) {
  start(2, /*ring_slots=*/64);
  const std::string room = room_at(1);
  Peer flooder = member(room, 0);
  Peer bystander = member(room, 0);
  std::string bytes;
  for (int i = 0; i < 1'000; ++i)
    bytes += ws::client_frame(ws::Opcode::kText, R"({"type":"broadcast","room_id":")" + room + R"(","content":"x"})");
  flooder.give(bytes);
  for (int turns = 0; turns < 50 && shard(0).has_work(); ++turns)
    shard(0).turn();
  const std::size_t under_way = exchange->requests(0, 1).size();
  EXPECT_GE(under_way, 16u);
  EXPECT_LT(under_way, 40u) << "a light step, and then a quarter";
  bystander.broadcast(room, R"("mine")");
  EXPECT_EQ(exchange->requests(0, 1).size(), under_way + 1);
  run();
}

}  // namespace
}  // namespace switchboard::shard
