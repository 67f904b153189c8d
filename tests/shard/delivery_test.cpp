#include "shard/delivery.h"

#include "broker/memory/memory_broker.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

using session::kUpgradeV1;

class DeliveryTest : public ShardTest {
 protected:
  /// How long the frame of one broadcast of "1" to the room is: all are as long up to number 9.
  std::size_t frame_bytes() {
    Peer probe = member("lobby");
    probe.broadcast("lobby", "1");
    run();
    const std::size_t bytes = probe.stream->from_server.size();
    probe.finish();
    run();
    return bytes;
  }
};

TEST_F(DeliveryTest, AMessageReachesEveryMemberTheSenderTooInOrder) {
  Peer a = member("lobby");
  Peer b = member("lobby");
  Peer outside = member("other");
  for (const char* content : {"1", "2", "3"})
    a.broadcast("lobby", content);
  run();
  EXPECT_EQ(a.contents(), "1 2 3");
  EXPECT_EQ(b.contents(), "1 2 3");
  EXPECT_EQ(outside.contents(), "");
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u) << "an idle room holds no log";
}

TEST_F(DeliveryTest, SayingSoKeepsAMessageFromItsSender) {
  Peer a = member("lobby");
  Peer b = member("lobby");
  a.broadcast("lobby", "1", R"(,"echo":false)");
  a.broadcast("lobby", "2");
  a.broadcast("lobby", "3", R"(,"echo":false)");
  run();
  EXPECT_EQ(a.contents(), "2");
  EXPECT_EQ(b.contents(), "1 2 3");
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
}

TEST_F(DeliveryTest, WhatWasSentBeforeAJoinIsNotDelivered) {
  Peer a = member("lobby");
  a.broadcast("lobby", "1");
  Peer late = open();
  late.join("lobby");  // before the sweep has had its turn
  a.broadcast("lobby", "2");
  run();
  EXPECT_EQ(late.contents(), "2");
}

TEST_F(DeliveryTest, NothingIsDeliveredAfterLeaving) {
  Peer a = member("lobby");
  Peer b = member("lobby");
  a.broadcast("lobby", "1");
  b.leave("lobby");
  a.broadcast("lobby", "2");
  run();
  const std::string got = b.texts();
  EXPECT_EQ(got, "{\"type\":\"left\",\"room_id\":\"lobby\"}\n") << "what was not yet written is not owed";
}

TEST_F(DeliveryTest, ABlockedMemberDelaysNobodyAndCatchesUpInOneGo) {
  Peer slow = member("lobby");
  Peer other = member("lobby");
  slow.stream->room = 0;
  for (int i = 0; i < 50; ++i) {
    other.broadcast("lobby", "1");
    run();
  }
  EXPECT_EQ(other.frames().size(), 50u);
  EXPECT_GT(shard().stats().log_bytes.value(), 0u);
  const std::uint64_t sends = shard().stats().sends.value();
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(slow.frames().size(), 50u);
  EXPECT_LE(shard().stats().sends.value() - sends, 8u) << "one per chunk";
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
}

TEST_F(DeliveryTest, AMemberFarBehindIsServedInFullSendsWithoutSmallRests) {
  Peer slow = member("lobby");
  Peer other = member("lobby");
  for (int i = 0; i < 800; ++i) {  // fills chunks of every size, so that what follows lies in large ones
    if (i == 400) slow.stream->room = 0;
    other.broadcast("lobby", '"' + std::string(900, 'x') + '"');
    run();
  }
  const std::uint64_t sends = shard().stats().sends.value();
  const std::uint64_t bytes = shard().stats().bytes_sent.value();
  slow.allow(kNoLimit);
  run();
  const std::uint64_t bytes_caught_up = shard().stats().bytes_sent.value() - bytes;
  EXPECT_GT(bytes_caught_up, 300'000u);
  EXPECT_LE(shard().stats().sends.value() - sends, 14u) << "seven budgets, and a cut at the end of each chunk";
}

TEST_F(DeliveryTest, CutAtEveryByteTheRestFollows) {
  const std::size_t length = frame_bytes();
  for (std::size_t cut = 0; cut <= 3 * length; ++cut) {
    Peer slow = member("lobby");
    Peer other = member("lobby");
    slow.stream->room = cut;
    for (const char* content : {"1", "2", "3"})
      other.broadcast("lobby", content);
    run();
    EXPECT_EQ(slow.stream->from_server.size(), cut);
    slow.allow(kNoLimit);
    run();
    EXPECT_EQ(slow.contents(), "1 2 3") << cut;
    EXPECT_TRUE(slow.stream->from_server.empty());
    slow.finish();
    other.finish();
    expect_nothing_left();
  }
}

TEST_F(DeliveryTest, CutAtEveryByteAndTakenByteByByteTheOrderIsRestThenPrivateThenRooms) {
  const std::size_t length = frame_bytes();
  for (std::size_t cut = 1; cut < length; ++cut) {
    Peer slow = member("lobby");
    slow.join("second");
    Peer other = member("lobby");
    other.join("second");
    run();
    slow.texts();
    slow.stream->room = cut;
    other.broadcast("lobby", "1");
    run();
    other.broadcast("second", "2");
    run();
    slow.say(R"({"type":"ping","id":3})");
    slow.say(R"({"type":"ping","id":4})");
    run();
    EXPECT_EQ(slow.stream->from_server.size(), cut);
    while (slow.stream->came_short) {
      slow.allow(1);
      run();
    }
    const auto sent = slow.frames();
    ASSERT_EQ(sent.size(), 4u) << cut;
    EXPECT_NE(sent[0].payload.find("\"content\":1"), std::string::npos);
    EXPECT_EQ(sent[1].payload, R"({"type":"pong","id":3})");
    EXPECT_EQ(sent[2].payload, R"({"type":"pong","id":4})");
    EXPECT_NE(sent[3].payload.find("\"content\":2"), std::string::npos);
    slow.finish();
    other.finish();
    expect_nothing_left();
  }
}

TEST_F(DeliveryTest, LeavingInTheMiddleOfAFrameSendsItsRestAndNothingMoreOfTheRoom) {
  const std::size_t length = frame_bytes();
  for (std::size_t cut = 1; cut < length; ++cut) {
    Peer slow = member("lobby");
    Peer other = member("lobby");
    slow.stream->room = cut;
    other.broadcast("lobby", "1");
    other.broadcast("lobby", "2");
    run();
    slow.leave("lobby");
    other.broadcast("lobby", "3");
    run();
    EXPECT_EQ(shard().stats().log_bytes.value(), 0u) << "no chunk is kept for who has left";
    slow.allow(kNoLimit);
    run();
    const auto sent = slow.frames();
    ASSERT_EQ(sent.size(), 2u) << cut;
    EXPECT_NE(sent[0].payload.find("\"content\":1"), std::string::npos);
    EXPECT_EQ(sent[1].payload, R"({"type":"left","room_id":"lobby"})");
    slow.finish();
    other.finish();
    expect_nothing_left();
  }
}

TEST_F(DeliveryTest, TrimmingInTheMiddleOfAFrameSavesItsRest) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 2, .history = false});
  const std::size_t length = frame_bytes();
  const std::string large = "\"" + std::string(600, 'x') + "\"";  // a chunk of its own each
  for (std::size_t cut = 1; cut < length; ++cut) {
    clock.advance(broker::MemoryBroker::kClosedFor);  // the room is forgotten: it counts from 1 again
    Peer slow = member("lobby", 0, kUpgradeV1);
    Peer other = member("lobby");
    slow.stream->room = cut;
    other.broadcast("lobby", "1");
    run();
    for (int i = 2; i <= 6; ++i) {
      other.broadcast("lobby", large);
      run();
    }
    slow.allow(kNoLimit);
    run();
    const auto sent = slow.frames();
    ASSERT_EQ(sent.size(), 4u) << cut;
    EXPECT_NE(sent[0].payload.find("\"content\":1"), std::string::npos);
    EXPECT_EQ(sent[1].payload, R"({"type":"lagged","room_id":"lobby","from":2,"to":4})");
    EXPECT_NE(sent[2].payload.find("\"seq\":5"), std::string::npos);
    EXPECT_NE(sent[3].payload.find("\"seq\":6"), std::string::npos);
    EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
    slow.finish();
    other.finish();
    expect_nothing_left();
  }
}

TEST_F(DeliveryTest, ManyCutMembersOfOneRoomAreTrimmedLeftAndServedInAnyOrder) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 3, .history = false});
  const std::size_t length = frame_bytes();
  Peer other = member("lobby");
  std::vector<Peer> slow;
  for (std::size_t i = 0; i < 20; ++i) {
    slow.push_back(member("lobby"));
    slow.back().stream->room = 1 + i * 7 % (length - 1);
  }
  other.broadcast("lobby", "1");
  run();
  slow[3].allow(kNoLimit);
  slow[0].leave("lobby");
  slow[19].finish();
  slow[7].reset();
  run();
  for (int i = 0; i < 20; ++i) {
    other.broadcast("lobby", "\"" + std::string(600, 'x') + "\"");
    run();
  }
  for (std::size_t i = 0; i < slow.size(); ++i) {
    if (slow[i].is_gone()) continue;
    slow[i].allow(kNoLimit);
    run();
    const std::string got = slow[i].texts();
    EXPECT_TRUE(got.starts_with("{\"type\":\"broadcast\",\"room_id\":\"lobby\",\"content\":1,")) << i << got;
    EXPECT_TRUE(slow[i].stream->from_server.empty()) << i;
    slow[i].finish();
  }
  other.finish();
  expect_nothing_left();
}

TEST_F(DeliveryTest, WhoFallsOffTheBacklogIsMovedOnAndTheGapCounted) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 3, .history = false});
  Peer base = member("lobby");
  Peer v1 = member("lobby", 0, kUpgradeV1);
  Peer other = member("lobby");
  base.stream->room = v1.stream->room = 0;
  for (const char* content : {"1", "2", "3"})
    other.broadcast("lobby", content);
  run();
  EXPECT_EQ(shard().stats().lagged_messages.value(), 0u);
  other.broadcast("lobby", "4");
  run();
  base.allow(kNoLimit);
  v1.allow(kNoLimit);
  run();
  EXPECT_EQ(base.contents(), "2 3 4");
  EXPECT_TRUE(v1.texts().starts_with(R"({"type":"lagged","room_id":"lobby","from":1,"to":1})"));
  EXPECT_EQ(shard().stats().lagged_messages.value(), 2u);
  EXPECT_EQ(shard().stats().lagged_events.value(), 2u);
}

TEST_F(DeliveryTest, WhereThePolicySaysSoWhoFallsOffTheBacklogIsDisconnected) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 3, .slow_client = room::SlowClientPolicy::kDisconnect});
  Peer slow = member("lobby");
  Peer other = member("lobby");
  slow.stream->room = 5;  // in the middle of a frame
  for (const char* content : {"1", "2", "3", "4", "5", "6"}) {
    other.broadcast("lobby", content);
    run();
  }
  slow.allow(kNoLimit);
  run();
  const auto sent = slow.frames();
  ASSERT_EQ(sent.size(), 2u) << "the frame that was begun, and the Close";
  EXPECT_EQ(sent[1].close_code(), 4101);
  EXPECT_EQ(other.frames().size(), 6u);
  EXPECT_EQ(shard().stats().too_slow.value(), 1u);
  slow.give(ws::client_frame(ws::Opcode::kClose, std::string("\x10\x05", 2)));
  EXPECT_TRUE(slow.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{4101});
}

TEST_F(DeliveryTest, AFrameLargerThanTheSocketEverTakesArrivesWhole) {
  settings.session.message_bytes_max = 1'000'000;
  Peer slow = member("lobby");
  Peer other = member("lobby");
  slow.stream->room = 10'000;
  const std::string content = "\"" + std::string(500'000, 'x') + "\"";
  other.broadcast("lobby", content);
  run();
  while (slow.stream->came_short) {
    slow.allow(30'000);
    run();
  }
  EXPECT_EQ(slow.contents(), content);
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
}

}  // namespace
}  // namespace switchboard::shard
