// What a client is told that joins with `since` or `last`: every message once, in order, and where it has caught up.
#include "shard/replay_driver.h"

namespace switchboard::shard {
namespace {

using session::kUpgradeDeflate;
using session::kUpgradeV1;

std::string numbers(std::uint64_t first, std::uint64_t last) {
  if (first > last) return "";
  return " " + std::to_string(first) + (first == last ? "" : "-" + std::to_string(last));
}

TEST_F(ReplayTest, ResumesFromTheStoreThenSaysSoThenGoesOnLive) {
  rooms.fill("lobby", 1'000);
  Peer peer = resumer("lobby", 300);
  run();
  EXPECT_EQ(story(peer), "joined:1000:recovered 301-1000 caught_up:1000");
  peer.broadcast("lobby", "1");
  run();
  EXPECT_EQ(story(peer), "1001");
  EXPECT_EQ(shard().stats().replays.value(), 0u);
  EXPECT_EQ(shard().stats().replays_total.value(), 1u);
  EXPECT_EQ(shard().stats().replay_messages.value(), 700u);
  EXPECT_EQ(shard().stats().replay_pages.value(), 3u);
  peer.finish();
  expect_nothing_left();
}

TEST_F(ReplayTest, AtEveryBorderNothingIsLostOrRepeated) {
  for (const std::size_t count : {1u, 2u, 255u, 256u, 257u, 511u, 512u, 513u, 600u}) {
    const std::string name = "room" + std::to_string(count);
    rooms.fill(name, count);
    for (const std::size_t since : {0u, 1u, 254u, 255u, 256u, 257u, 510u, 511u, 512u, 599u, 600u}) {
      if (since > count) continue;
      Peer peer = resumer(name, since);
      run();
      const std::string end = std::to_string(count);
      EXPECT_EQ(story(peer), "joined:" + end + ":recovered" + numbers(since + 1, count) + " caught_up:" + end);
      peer.finish();
      run();
    }
  }
  expect_nothing_left();
}

TEST_F(ReplayTest, WhoHasEverythingHasCaughtUpAtOnce) {
  rooms.fill("lobby", 7);
  Peer peer = resumer("lobby", 7);
  run();
  EXPECT_EQ(story(peer), "joined:7:recovered caught_up:7");
  EXPECT_EQ(rooms.reads, 0u);
  Peer first = resumer("empty", 0);
  run();
  EXPECT_EQ(story(first), "joined:0:recovered caught_up:0");
}

TEST_F(ReplayTest, TheLastMessagesComeFirst) {
  rooms.fill("lobby", 300);
  room("lobby").first = Seq{11};
  for (const std::uint32_t n : {1u, 44u, 45u, 289u, 290u, 291u, 1'000u}) {
    Peer peer = open();
    join_with_last(peer, "lobby", n);
    run();
    const std::uint64_t first = n >= 290 ? 11 : 301 - n;
    EXPECT_EQ(story(peer), "joined:300" + numbers(first, 300) + " caught_up:300") << n;
  }
}

TEST_F(ReplayTest, WhoAsksForNothingOlderIsGivenNothingOlder) {
  rooms.fill("lobby", 10);
  Peer peer = open();
  peer.join("lobby");
  run();
  EXPECT_EQ(story(peer), "joined:0") << "a base client is told nothing more";
  EXPECT_EQ(rooms.reads, 0u);
}

TEST_F(ReplayTest, WhatCannotBeCompleteIsSaidAndWhatThereIsFollows) {
  rooms.fill("lobby", 20);
  room("lobby").first = Seq{11};
  Peer other_epoch = open();
  resume(other_epoch, "lobby", 15, "q9");
  Peer trimmed = resumer("lobby", 9);
  Peer barely = resumer("lobby", 10);
  Peer ahead = resumer("lobby", 21);
  run();
  EXPECT_EQ(story(other_epoch), "joined:20:epoch_changed:11 11-20 caught_up:20");
  EXPECT_EQ(story(trimmed), "joined:20:trimmed:11 11-20 caught_up:20");
  EXPECT_EQ(story(barely), "joined:20:recovered 11-20 caught_up:20");
  EXPECT_EQ(story(ahead), "joined:20:ahead:11 11-20 caught_up:20");
}

TEST_F(ReplayTest, WhereNoHistoryIsKeptOnlyWhoHasTheNewestRecovers) {
  settings.rooms = room::RoomSettingsTable({.history = false});
  Peer publisher = member("lobby", 0, kUpgradeV1);
  publisher.broadcast("lobby", "1");
  publisher.broadcast("lobby", "2");
  publisher.say(R"({"type":"broadcast","room_id":"lobby","content":3,"id":1})");
  run();
  const std::string ack = publisher.texts();
  const auto at = ack.find("\"epoch\":\"") + 9;
  const std::string epoch = ack.substr(at, ack.find('"', at) - at);
  Peer newest = open();
  resume(newest, "lobby", 3, epoch);
  Peer older = open();
  resume(older, "lobby", 2, epoch);
  run();
  EXPECT_EQ(story(newest), "joined:3:recovered caught_up:3");
  EXPECT_EQ(story(older), "joined:3:trimmed:4 caught_up:3");
}

TEST_F(ReplayTest, FromTheLogAloneTheStoreIsNotAsked) {
  rooms.fill("lobby", 100);
  Peer slow = member("lobby");
  Peer publisher = member("lobby");
  slow.stream->room = 0;  // keeps the log from 101 on
  for (int i = 101; i <= 110; ++i) {
    publisher.broadcast("lobby", std::to_string(i));
    run();
  }
  for (const std::uint64_t since : {100u, 105u, 109u, 110u}) {
    Peer peer = resumer("lobby", since);
    publisher.broadcast("lobby", "1");  // behind the join: not before `caught_up`
    run();
    const std::string last = std::to_string(room("lobby").last().value - 1);
    EXPECT_TRUE(story(peer).starts_with("joined:" + last + ":recovered" +
                                        numbers(since + 1, room("lobby").last().value - 1) + " caught_up:" + last))
        << since;
  }
  EXPECT_EQ(rooms.reads, 0u);
}

TEST_F(ReplayTest, FromTheStoreItGoesOverToTheLogWhereverThatBegins) {
  for (std::size_t backlog = 1; backlog <= 6; ++backlog) {
    const std::string name = "room" + std::to_string(backlog);
    settings.rooms = room::RoomSettingsTable({.backlog_messages = static_cast<std::uint32_t>(backlog)});
    if (!shards.empty()) shard().reload(settings);
    rooms.fill(name, 250);
    Peer slow = member(name);
    Peer publisher = member(name);
    slow.stream->room = 0;
    for (int i = 251; i <= 260; ++i) {
      publisher.broadcast(name, std::to_string(i));
      run();
    }
    Peer peer = resumer(name, 245);
    run();
    EXPECT_EQ(story(peer), "joined:260:recovered 246-260 caught_up:260") << backlog;
    slow.allow(kNoLimit);
    run();
    EXPECT_EQ(story(slow), "251-260") << backlog;
  }
}

TEST_F(ReplayTest, WhatIsPublishedDuringAReplayComesBehindIt) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 4});
  rooms.fill("lobby", 600);
  Peer publisher = member("lobby");
  store().holds_reads = true;
  Peer peer = resumer("lobby", 100);
  run();
  EXPECT_EQ(story(peer), "joined:600:recovered");
  for (int i = 601; i <= 640; ++i) {  // trims the log all the time, and lets a page through now and then
    publisher.broadcast("lobby", std::to_string(i));
    if (i % 7 == 0) store().reads_allowed = 1;
    run();
  }
  store().holds_reads = false;
  run();
  publisher.broadcast("lobby", "641");
  run();
  EXPECT_EQ(story(peer), "101-600 caught_up:600 601-641");
  EXPECT_EQ(shard().stats().lagged_messages.value(), 0u);
}

TEST_F(ReplayTest, CutAtEveryByteTheRestFollowsAndNothingComesInBetween) {
  rooms.fill("lobby", 3);
  Peer probe = resumer("lobby", 0);
  run();
  const std::size_t length = probe.stream->from_server.size();
  for (std::size_t cut = 0; cut <= length; ++cut) {
    for (const bool drips : {false, true}) {
      Peer peer = open();
      peer.stream->room = cut;
      resume(peer, "lobby", 0);
      run();
      peer.say(R"({"type":"ping"})");
      run();
      while (drips && peer.stream->came_short) {
        peer.allow(1);
        run();
      }
      peer.allow(kNoLimit);
      run();
      EXPECT_NE(peer.stream->from_server.find("pong"), std::string::npos);
      EXPECT_EQ(story(peer, "pong"), "joined:3:recovered 1-3 caught_up:3") << cut;
      EXPECT_TRUE(peer.stream->from_server.empty());
      peer.finish();
      run();
    }
  }
}

TEST_F(ReplayTest, AReplayOfAnyLengthIsWrittenInTurnsOfItsShare) {
  settings.send_bytes_max = 5'000;
  settings.sweep_us = 0;
  rooms.fill("lobby", 700, 900);
  Peer peer = resumer("lobby", 0);
  for (int turns = 0; turns < 3; ++turns) {
    const std::size_t before = peer.stream->taken;
    shard().turn();
    EXPECT_LE(peer.stream->taken - before, 16 * 5'500u) << "so many shares in a round";
  }
  run();
  EXPECT_EQ(story(peer), "joined:700:recovered 1-700 caught_up:700");
}

TEST_F(ReplayTest, WhoReadsCompressedGetsThePagesPlain) {
  rooms.fill("lobby", 300, 300);
  Peer peer = resumer("lobby", 0, 0, kUpgradeDeflate);
  run();
  for (const session::ServerFrame& frame : session::take_frames(peer.stream->from_server))
    EXPECT_FALSE(frame.is_deflated);
  peer.broadcast("lobby", '"' + std::string(600, 'y') + '"');
  run();
  const auto live = session::take_frames(peer.stream->from_server);
  ASSERT_EQ(live.size(), 1u);
  EXPECT_TRUE(live[0].is_deflated);
}

TEST_F(ReplayTest, SeveralRoomsOfOneClientAreReplayedSideBySide) {
  rooms.fill("a", 500);
  rooms.fill("b", 500);
  Peer peer = resumer("a", 0);
  resume(peer, "b", 400);
  run();
  std::string a, b;
  const std::string got = peer.texts();
  EXPECT_NE(got.find(R"("room_id":"a","seq":500})"), std::string::npos);
  EXPECT_NE(got.find(R"("room_id":"b","seq":500})"), std::string::npos);
  EXPECT_EQ(shard().stats().replay_messages.value(), 600u);
  EXPECT_EQ(shard().stats().replays.value(), 0u);
}

TEST_F(ReplayTest, LeavingInTheMiddleEndsItAtAWholeFrame) {
  rooms.fill("lobby", 600);
  Peer probe = resumer("lobby", 0);
  run();
  probe.finish();
  for (std::size_t cut = 200; cut < 480; ++cut) {
    Peer peer = open();
    peer.stream->room = cut;
    resume(peer, "lobby", 0);
    run();
    peer.leave("lobby");
    run();
    EXPECT_EQ(shard().stats().replays.value(), 0u);
    peer.allow(kNoLimit);
    run();
    const std::string got = story(peer);
    EXPECT_TRUE(got.ends_with(" left") && got.find("caught_up") == std::string::npos) << got;
    EXPECT_TRUE(peer.stream->from_server.empty());
    resume(peer, "lobby", 598);
    run();
    EXPECT_EQ(story(peer), "joined:600:recovered 599-600 caught_up:600");
    peer.finish();
  }
  expect_nothing_left();
}

TEST_F(ReplayTest, APageForWhomNobodyWaitsAnyMoreIsDropped) {
  rooms.fill("lobby", 600);
  Peer stays = member("lobby");
  store().holds_reads = true;
  Peer leaves = resumer("lobby", 0);
  Peer ends = resumer("lobby", 300);
  Peer comes_back = resumer("lobby", 10);
  run();
  EXPECT_EQ(store().reads_waiting(), 3u);
  leaves.leave("lobby");
  ends.reset();
  comes_back.leave("lobby");
  resume(comes_back, "lobby", 400);
  run();
  store().holds_reads = false;
  run();
  EXPECT_EQ(story(leaves), "joined:600:recovered left");
  EXPECT_TRUE(ends.is_gone());
  EXPECT_EQ(story(comes_back), "joined:600:recovered left joined:600:recovered 401-600 caught_up:600");
  for (Peer* peer : {&stays, &leaves, &comes_back})
    peer->finish();
  expect_nothing_left();
}

TEST_F(ReplayTest, WhereverTheRoomHasItsHomeItIsTheSame) {
  start(3, /*ring_slots=*/8);
  for (std::uint32_t home = 0; home < 3; ++home) {
    const std::string name = room_at(home);
    rooms.fill(name, 900);
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < 30; ++i)
      peers.push_back(resumer(name, i * 29, i % 3));
    Peer publisher = open(home);
    publisher.join(name);
    run();
    publisher.broadcast(name, "901");
    run();
    for (std::size_t i = 0; i < peers.size(); ++i) {
      EXPECT_EQ(story(peers[i]), "joined:900:recovered" + numbers(i * 29 + 1, 900) + " caught_up:900 901");
      peers[i].finish();
    }
    publisher.finish();
    run();
  }
  expect_nothing_left();
}

TEST_F(ReplayTest, AJoinWaitsWhileItsRoomIsBeingOpened) {
  rooms.fill("lobby", 5);
  store().holds_opens = true;
  Peer peer = resumer("lobby", 3);
  peer.say(R"({"type":"ping"})");
  run();
  EXPECT_EQ(story(peer), "");
  store().holds_opens = false;
  run();
  EXPECT_EQ(story(peer), "joined:5:recovered pong 4-5 caught_up:5");
}

}  // namespace
}  // namespace switchboard::shard
