#include "shard/shard.h"

#include "protocol/close_code.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

const std::string kPong = "{\"type\":\"pong\"}\n";

TEST_F(ShardTest, WhatAnIdleConnectionCostsIsBounded) {
  RecordProperty("sizeof_client", static_cast<int>(sizeof(Client)));
  RecordProperty("sizeof_connection", static_cast<int>(sizeof(session::Connection)));
  RecordProperty("sizeof_room_view", static_cast<int>(sizeof(RoomView)));
  // Its transport, one membership and one member's cursor come to it: 512 bytes together.
  EXPECT_LE(sizeof(Client) + 48 + sizeof(session::Membership) + sizeof(room::Member), 512u);
}

// --- reading and the end of a stream ---------------------------------------------------------------------------------

TEST_F(ShardTest, AnswersACommandInTheTurnThatReadsIt) {
  Peer peer = open();
  peer.say(R"({"type":"ping"})");
  EXPECT_EQ(peer.texts(), kPong);
  EXPECT_EQ(endings.opened, 1);
}

TEST_F(ShardTest, AStreamThatEndsWithoutDataEndsWith1006) {
  Peer peer = open();
  peer.finish();
  EXPECT_TRUE(peer.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{1006});
  expect_nothing_left();
}

TEST_F(ShardTest, WhatCameBeforeTheEndOfTheStreamIsObeyedThoughItIsAnnouncedOnce) {
  Peer publisher = open();
  Peer other = member("lobby");
  publisher.stream->fin = true;  // the end has come, too, when the data is announced
  publisher.give(ws::client_frame(ws::Opcode::kText, R"({"type":"join","room_id":"lobby","user_id":"p"})") +
                 ws::client_frame(ws::Opcode::kText, R"({"type":"broadcast","room_id":"lobby","content":1})"));
  run();
  EXPECT_EQ(other.contents(), "1");
  EXPECT_TRUE(publisher.is_gone());
}

TEST_F(ShardTest, ACloseBeforeTheEndOfTheStreamCounts) {
  Peer peer = open();
  peer.stream->fin = true;
  peer.give(ws::client_frame(ws::Opcode::kClose, std::string("\x03\xe9", 2)));
  run();
  EXPECT_TRUE(peer.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{1001});
}

TEST_F(ShardTest, AResetConnectionLeavesItsRooms) {
  Peer peer = member("lobby");
  peer.reset();
  run();
  EXPECT_TRUE(peer.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{1006});
  expect_nothing_left();
}

TEST_F(ShardTest, AResetFoundByTheSweepEndsOnlyThatMember) {
  Peer gone = member("lobby");
  Peer other = member("lobby");
  gone.stream->is_reset = true;
  other.broadcast("lobby", "1");
  run();
  EXPECT_TRUE(gone.is_gone());
  EXPECT_EQ(other.contents(), "1");
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{1006});
}

TEST_F(ShardTest, MoreThanOneBufferIsReadInSeveralTurnsAfterOneAnnouncement) {
  settings.session.queue_bytes_max = 10'000'000;
  Peer peer = open();
  const std::string frame = ws::client_frame(ws::Opcode::kText, R"({"type":"ping"})");
  std::string input;
  while (input.size() < 300'000)
    input += frame;
  peer.give(input);
  EXPECT_FALSE(peer.stream->to_server.empty()) << "one turn takes one buffer of one client";
  EXPECT_TRUE(shard().has_work());
  run();
  EXPECT_EQ(peer.frames().size(), input.size() / frame.size());
}

TEST_F(ShardTest, AFullQueueStopsReadingUntilTheSocketTakesBytesAgain) {
  settings.session.queue_bytes_max = 1'000;
  Peer peer = open();
  peer.stream->room = 0;
  const std::string frame = ws::client_frame(ws::Opcode::kText, R"({"type":"ping"})");
  std::string input;
  for (int i = 0; i < 10'000; ++i)
    input += frame;
  peer.give(input);
  run();
  EXPECT_GT(peer.stream->to_server.size(), input.size() / 2);
  EXPECT_FALSE(shard().has_work());
  peer.allow(kNoLimit);
  run();
  EXPECT_EQ(peer.frames().size(), 10'000u);
  EXPECT_TRUE(peer.stream->to_server.empty());
}

TEST_F(ShardTest, ReadinessForAConnectionThatIsGoneIsIgnored) {
  Peer peer = open();
  peer.finish();
  Peer next = open();  // takes the slot
  ASSERT_EQ(next.id.index, peer.id.index);
  peer.shard->on_readable(peer.id, true);
  peer.shard->on_writable(peer.id);
  EXPECT_FALSE(next.is_gone());
}

TEST_F(ShardTest, ARefusedRequestIsAnsweredAndTheStreamFinished) {
  Peer peer = connect();
  peer.give("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(peer.stream->from_server.starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(peer.stream->finished);
  EXPECT_FALSE(peer.is_gone());
  peer.finish();
  EXPECT_TRUE(peer.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{404});
  EXPECT_EQ(endings.opened, 0);
}

TEST_F(ShardTest, ARefusalTakenByteByByteArrivesWhole) {
  Peer peer = connect();
  peer.stream->room = 1;
  peer.give("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!peer.stream->finished) {
    const std::size_t before = peer.stream->taken;
    peer.allow(1);
    run();
    ASSERT_TRUE(peer.stream->finished || peer.stream->taken == before + 1);
  }
  EXPECT_TRUE(peer.stream->from_server.ends_with("/ws.\n"));
}

TEST_F(ShardTest, AProtocolFailureIsToldAndTheStreamFinished) {
  Peer peer = member("lobby");
  peer.give(std::string("\x81\x01x", 3));  // not masked
  const auto sent = peer.frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].close_code(), 1002);
  EXPECT_TRUE(peer.stream->finished);
  pass(5s);
  EXPECT_TRUE(peer.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{1002});
  expect_nothing_left();
}

// --- time ------------------------------------------------------------------------------------------------------------

TEST_F(ShardTest, SilentConnectionsEndByThemselvesAndLeaveNothing) {
  connect();
  Peer half = connect();
  half.give("GET / HT");
  Peer silent = member("lobby");
  pass(60s);
  EXPECT_EQ(endings.codes, (std::vector<std::uint16_t>{408, 408, 4201}));
  expect_nothing_left();
}

TEST_F(ShardTest, ASocketThatTakesNothingIsClosedThoughItsOwnerKeepsSending) {
  settings.session.ping_interval_ms = 0;
  Peer slow = member("lobby");
  Peer other = member("lobby");
  slow.stream->room = 0;
  other.broadcast("lobby", "1");
  run();
  for (int second = 0; second < 29; ++second) {
    pass(1s);
    slow.say(R"({"type":"ping"})");
  }
  EXPECT_FALSE(slow.is_gone());
  pass(2s);
  EXPECT_TRUE(slow.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{4101});
}

TEST_F(ShardTest, DrainSendsEverybodyAwayWithin) {
  std::vector<Peer> peers;
  for (int i = 0; i < 20; ++i)
    peers.push_back(member("lobby", 0, i % 2 == 0 ? session::kUpgrade : session::kUpgradeV1));
  Peer in_handshake = connect();
  in_handshake.give("GET");
  shard().drain(10s);
  Peer late = connect();
  in_handshake.give(session::kUpgrade.substr(3));
  late.give(session::kUpgrade);
  pass(11s);
  peers.push_back(in_handshake);
  peers.push_back(late);
  for (std::size_t i = 0; i < peers.size(); ++i) {
    session::take_head(peers[i].stream->from_server);
    const auto sent = peers[i].frames();
    ASSERT_FALSE(sent.empty()) << i;
    EXPECT_EQ(sent.back().close_code(), 4200) << i;
    EXPECT_EQ(sent.front().payload.find("goaway") != std::string::npos, i < 20 && i % 2 == 1) << i;
  }
  pass(5s);
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>(22, 4200));
  expect_nothing_left();
}

// --- budgets ---------------------------------------------------------------------------------------------------------

TEST_F(ShardTest, ATurnServesNoMoreThanItsBudgetAndTheNextGoesOn) {
  settings.sweep_us = 0;  // one slice
  settings.slice_members = 8;
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i)
    peers.push_back(member("lobby"));
  peers[0].broadcast("lobby", "1");
  shard().turn();
  const std::uint64_t first = shard().stats().deliveries.value();
  EXPECT_GT(first, 0u);
  EXPECT_LT(first, 100u);
  run();
  EXPECT_EQ(shard().stats().deliveries.value(), 100u);
}

TEST_F(ShardTest, ASmallRoomIsServedWhileALargeOneIsUnderWay) {
  settings.sweep_us = 0;
  settings.slice_members = 8;
  std::vector<Peer> large;
  for (int i = 0; i < 200; ++i)
    large.push_back(member("large"));
  Peer small = member("small");
  large[0].broadcast("large", "1");
  shard().turn();
  small.broadcast("small", "2");
  shard().turn();
  EXPECT_EQ(small.contents(), "2");
  EXPECT_LT(shard().stats().deliveries.value(), 100u);
}

TEST_F(ShardTest, OneMemberGetsNoMoreThanItsShareAtATime) {
  settings.send_bytes_max = 1'000;
  settings.sweep_us = 0;
  Peer reader = member("lobby");
  Peer publisher = member("lobby");
  for (int i = 0; i < 100; ++i)
    publisher.broadcast("lobby", "1");
  shard().turn();
  EXPECT_LE(reader.stream->taken, 3'000u);
  run();
  EXPECT_EQ(reader.frames().size(), 100u);
}

TEST_F(ShardTest, AllLogsTogetherAreBoundedByTrimmingTheLargest) {
  settings.log_bytes_max = 100'000;
  settings.rooms = room::RoomSettingsTable({.history = false});
  Peer slow = member("large", 0, session::kUpgradeV1);
  Peer publisher = member("large");
  Peer other = member("small");
  slow.stream->room = 0;
  const std::string content = "\"" + std::string(1'000, 'x') + "\"";
  for (int i = 0; i < 500; ++i) {
    publisher.broadcast("large", content);
    run();
  }
  EXPECT_LE(shard().stats().log_bytes.value(), 100'000u);
  EXPECT_GT(shard().stats().log_trims.value(), 0u);
  other.broadcast("small", "1");
  run();
  EXPECT_EQ(other.contents(), "1");
  slow.allow(kNoLimit);
  run();
  EXPECT_NE(slow.texts().find("\"lagged\""), std::string::npos);
}

TEST_F(ShardTest, AuthenticationThatIsTurnedOnSendsThoseAwayWhoWereBelieved) {
  Peer named = member("r"), silent = open();
  ShardSettings with_tokens = settings;
  with_tokens.session.auth = std::make_shared<auth::Policy>();
  shard().reload(with_tokens);
  run();
  const auto frames = named.frames();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().close_code(), protocol::close::kTokenExpired);
  EXPECT_TRUE(silent.frames().empty()) << "it may still show one";
}

}  // namespace
}  // namespace switchboard::shard
