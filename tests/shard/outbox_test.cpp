// What waits for single clients, all of it together: who asks and does not read gives way.
#include "protocol/close_code.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

constexpr std::string_view kHistory = R"({"type":"history","room_id":"r","limit":1000,"id":1})";

class OutboxTest : public ShardTest {
 protected:
  OutboxTest() { settings.outbox_bytes_max = 100'000; }

  /// A room with about 30 kB of history, in memory.
  void fill_room() {
    Peer writer = member("r");
    for (int i = 0; i < 30; ++i)
      writer.broadcast("r", '"' + std::string(1'000, 'x') + '"');
    run();
    writer.finish();
    run();
  }
  Peer stranger() {
    Peer peer = member("r");
    peer.allow(0);
    peer.say(kHistory);
    run();
    return peer;
  }
  std::uint64_t held() { return shard().stats().outbox_bytes.value(); }
};

TEST_F(OutboxTest, AnswersThatNobodyReadsAreBoundedTogether) {
  fill_room();
  std::vector<Peer> strangers;
  for (int i = 0; i < 20; ++i) {
    strangers.push_back(stranger());
    ASSERT_LE(held(), settings.outbox_bytes_max + settings.session.queue_bytes_max);
  }
  for (Peer& peer : strangers)
    EXPECT_FALSE(peer.is_gone()) << "all have had less than a second";
  strangers.back().allow(kNoLimit);
  run();
  EXPECT_NE(strangers.back().texts().find("\"code\":\"unavailable\""), std::string::npos);
}

TEST_F(OutboxTest, WhoHasTakenNothingForASecondGivesWayToWhoReads) {
  fill_room();
  std::vector<Peer> strangers;
  for (int i = 0; i < 10; ++i)
    strangers.push_back(stranger());
  pass(2s);
  Peer reader = member("r");
  reader.say(kHistory);
  run();
  EXPECT_NE(reader.texts().find("\"type\":\"history\""), std::string::npos);
  EXPECT_GT(shard().stats().shed.value(), 0u);
  EXPECT_TRUE(strangers.front().is_gone()) << "the one that stopped first";
  EXPECT_FALSE(strangers.back().is_gone());
  EXPECT_EQ(endings.codes.back(), protocol::close::kTooSlow);
}

TEST_F(OutboxTest, ASlowReaderDoesNotGiveWay) {
  fill_room();
  Peer slow = stranger();
  std::vector<Peer> strangers;
  for (int i = 0; i < 10; ++i)
    strangers.push_back(stranger());
  for (int second = 0; second < 5; ++second) {
    slow.allow(500);
    pass(1s);
    slow.allow(500);
  }
  Peer reader = member("r");
  reader.say(kHistory);
  run();
  EXPECT_NE(reader.texts().find("\"type\":\"history\""), std::string::npos);
  EXPECT_FALSE(slow.is_gone());
  EXPECT_TRUE(strangers.front().is_gone());
}

TEST_F(OutboxTest, NothingIsHeldOnceAllHaveGone) {
  fill_room();
  std::vector<Peer> strangers;
  for (int i = 0; i < 5; ++i)
    strangers.push_back(stranger());
  EXPECT_GT(held(), 0u);
  for (Peer& peer : strangers)
    peer.reset();
  run();
  shard().turn();
  EXPECT_EQ(held(), 0u);
}

TEST_F(OutboxTest, QueriesThatReadAtOnceAreBoundedAndTheOthersWait) {
  settings.replays_max = 1;
  settings.outbox_bytes_max = 100'000'000;
  fill_room();
  std::vector<Peer> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(member("r"));
    readers.back().say(kHistory);
  }
  run();
  for (Peer& peer : readers)
    EXPECT_NE(peer.texts().find("\"type\":\"history\""), std::string::npos);
}

}  // namespace
}  // namespace switchboard::shard
