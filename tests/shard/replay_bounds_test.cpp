// Replays that meet a bound: too many at once, clients that do not read, a store that fails, a history that is trimmed
// meanwhile, members that have fallen behind.
#include "shard/replay_driver.h"

namespace switchboard::shard {
namespace {

using session::kUpgradeV1;

class ReplayBoundsTest : public ReplayTest {};

TEST_F(ReplayBoundsTest, AHundredAtOnceTakeTurnsAndHoldNobodyUp) {
  settings.replays_max = 4;
  rooms.fill("lobby", 3'000, 100);
  rooms.fill("elsewhere", 10);
  Peer other = member("elsewhere");
  store().holds_reads = true;
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < 100; ++i)
    peers.push_back(resumer("lobby", i * 10));
  run();
  EXPECT_LE(store().reads_waiting(), 4u);
  EXPECT_EQ(shard().stats().replays.value(), 100u);
  other.broadcast("elsewhere", "1");
  run();
  EXPECT_EQ(story(other), "11");
  store().holds_reads = false;
  run();
  for (std::size_t i = 0; i < peers.size(); ++i) {
    EXPECT_EQ(story(peers[i]), "joined:3000:recovered " + std::to_string(i * 10 + 1) + "-3000 caught_up:3000");
    peers[i].finish();
  }
  EXPECT_LT(rooms.reads, 300u) << "those who resume share pages";
  other.finish();
  expect_nothing_left();
}

TEST_F(ReplayBoundsTest, EachInLineHasItsTurnPageByPage) {
  settings.replays_max = 1;
  rooms.fill("lobby", 2'048);
  store().holds_reads = true;
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < 5; ++i)
    peers.push_back(resumer("lobby", i));
  run();
  for (Peer& peer : peers)
    story(peer);
  for (std::size_t round = 1; round <= 7; ++round) {
    for (std::size_t i = 0; i < peers.size(); ++i) {
      store().reads_allowed = 1;
      run();
    }
    // A page that somebody has had is not read again, so some are further; nobody is ahead by more than that.
    for (std::size_t i = 0; i < peers.size(); ++i)
      EXPECT_NE(story(peers[i]), "") << "in round " << round << " " << i;
    if (store().reads_waiting() == 0) break;
  }
}

TEST_F(ReplayBoundsTest, AClientThatTakesNothingDoesNotKeepItsPageFromOthers) {
  settings.replays_max = 1;
  rooms.fill("lobby", 400);
  Peer stuck = open();
  stuck.stream->room = 500;
  resume(stuck, "lobby", 0);
  run();
  Peer peer = resumer("lobby", 0);
  run();
  EXPECT_EQ(story(peer), "joined:400:recovered");
  clock.advance(Replays::kPatience - 1ms);
  shard().turn();
  run();
  EXPECT_EQ(story(peer), "");
  ASSERT_TRUE(shard().next_deadline());
  EXPECT_LE(*shard().next_deadline(), clock.now() + 1ms);
  clock.advance(1ms);
  shard().turn();
  run();
  EXPECT_EQ(story(peer), "1-400 caught_up:400");
  stuck.allow(kNoLimit);
  run();
  EXPECT_EQ(story(stuck), "joined:400:recovered 1-400 caught_up:400");
}

TEST_F(ReplayBoundsTest, AClientThatTakesNothingIsClosedAfterTheWriteTimeout) {
  settings.session.write_timeout_ms = 5'000;
  rooms.fill("lobby", 400);
  Peer stuck = open();
  stuck.stream->room = 500;
  resume(stuck, "lobby", 0);
  run();
  pass(6s);
  EXPECT_TRUE(stuck.is_gone());
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{4101});
  expect_nothing_left();
  EXPECT_EQ(shard().stats().replays.value(), 0u);
}

TEST_F(ReplayBoundsTest, WhatIsTrimmedDuringAReplayIsDeclared) {
  rooms.fill("lobby", 1'000);
  store().holds_reads = true;
  Peer peer = resumer("lobby", 100);
  run();
  store().reads_allowed = 1;
  run();
  EXPECT_EQ(story(peer), "joined:1000:recovered 101-255");
  room("lobby").first = Seq{401};
  store().holds_reads = false;
  run();
  EXPECT_EQ(story(peer), "lagged:256-400 401-1000 caught_up:1000:incomplete");
  EXPECT_EQ(shard().stats().replay_gaps.value(), 1u);
}

TEST_F(ReplayBoundsTest, WhenEverythingIsTrimmedDuringAReplayItEndsThere) {
  rooms.fill("lobby", 700);
  Peer publisher = member("lobby");
  store().holds_reads = true;
  Peer peer = resumer("lobby", 690);
  run();
  room("lobby").first = Seq{701};
  publisher.broadcast("lobby", "701");
  store().holds_reads = false;
  run();
  EXPECT_EQ(story(peer), "joined:700:recovered lagged:691-700 caught_up:700:incomplete 701");
}

TEST_F(ReplayBoundsTest, AStoreThatFailsIsAskedAgainForAWhile) {
  rooms.fill("lobby", 600);
  Peer peer = resumer("lobby", 0);
  rooms.failing_reads = Replays::kRetries;
  run();
  EXPECT_EQ(story(peer), "joined:600:recovered");
  for (int i = 0; i < 70; ++i) {
    ASSERT_TRUE(shard().next_deadline());
    clock.advance(100ms);
    shard().turn();
    run();
  }
  EXPECT_EQ(rooms.failing_reads, 0);
  EXPECT_EQ(story(peer), "1-600 caught_up:600");
}

TEST_F(ReplayBoundsTest, WhenItGoesOnFailingTheMemberGoesOnWithoutAndIsTold) {
  rooms.fill("lobby", 600);
  Peer publisher = member("lobby");
  Peer peer = resumer("lobby", 100);
  rooms.failing_reads = 1'000;
  run();
  publisher.broadcast("lobby", "601");
  pass(3s);
  EXPECT_EQ(story(peer), "joined:600:recovered");
  pass(10s);
  EXPECT_EQ(story(peer), "lagged:101-600 caught_up:600:incomplete 601");
  EXPECT_EQ(1'000 - rooms.failing_reads, Replays::kRetries + 1);
  EXPECT_EQ(shard().stats().replay_gaps.value(), 1u);
  EXPECT_EQ(shard().stats().replays.value(), 0u);
}

TEST_F(ReplayBoundsTest, AStoreThatFailsNowAndThenCostsNothing) {
  rooms.fill("lobby", 2'000);
  store().holds_reads = true;
  Peer peer = resumer("lobby", 0);
  for (int page = 0; page < 8; ++page) {
    rooms.failing_reads = 2;
    store().reads_allowed = 3;
    pass(3s);
  }
  EXPECT_EQ(story(peer), "joined:2000:recovered 1-2000 caught_up:2000");
}

TEST_F(ReplayBoundsTest, WhoLeavesGivesItsPlaceToTheNext) {
  settings.replays_max = 2;
  rooms.fill("lobby", 400);
  std::vector<Peer> stuck;
  const auto get_stuck = [&] {
    stuck.push_back(open());
    stuck.back().stream->room = 500;
    resume(stuck.back(), "lobby", 0);
    run();
  };
  get_stuck();
  get_stuck();
  stuck[0].leave("lobby");
  run();
  get_stuck();
  EXPECT_EQ(stuck[2].stream->from_server.size() + stuck[2].stream->room, 500u);
  Peer peer = resumer("lobby", 0);
  run();
  EXPECT_EQ(story(peer), "joined:400:recovered") << "it waits for one of the two";
  pass(1s);
  EXPECT_EQ(story(peer), "1-400 caught_up:400");
}

TEST_F(ReplayBoundsTest, WhoFallsOffTheBacklogOfARoomWithHistoryIsCaughtUpFromIt) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 3});
  Peer base = member("lobby");
  Peer v1 = member("lobby", 0, kUpgradeV1);
  Peer publisher = member("lobby");
  base.stream->room = v1.stream->room = 0;
  for (int i = 1; i <= 300; ++i) {
    publisher.broadcast("lobby", std::to_string(i));
    run();
  }
  base.allow(kNoLimit);
  v1.allow(kNoLimit);
  run();
  EXPECT_EQ(story(base), "1-300");
  EXPECT_EQ(story(v1), "1-300");
  EXPECT_EQ(shard().stats().lagged_messages.value(), 0u);
  EXPECT_EQ(shard().stats().replays_total.value(), 2u);
  EXPECT_EQ(shard().stats().replays.value(), 0u);
}

TEST_F(ReplayBoundsTest, AMessageKeptFromItsSenderIsKeptAsLongAsTheLogHasIt) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 3});
  Peer slow = member("lobby");
  Peer publisher = member("lobby");
  slow.stream->room = 0;
  for (int i = 1; i <= 10; ++i) {
    publisher.broadcast("lobby", std::to_string(i));
    run();
  }
  slow.broadcast("lobby", "11", R"(,"echo":false)");
  publisher.broadcast("lobby", "12");
  run();
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(story(slow), "1-10 12");
}

TEST_F(ReplayBoundsTest, FallingBehindAgainAndAgainCutAnywhereLosesNothing) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 2});
  Peer slow = member("lobby");
  Peer publisher = member("lobby");
  std::size_t allowed = 1;
  for (int i = 1; i <= 400; ++i) {
    publisher.broadcast("lobby", std::to_string(i));
    run();
    if (i % 3 == 0) slow.allow(allowed = (allowed * 5 + 3) % 700);
    run();
  }
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(story(slow), "1-400");
  EXPECT_GT(shard().stats().replays_total.value(), 3u);
}

TEST_F(ReplayBoundsTest, OfWhatTheHistoryHasLostAV1ClientIsTold) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 3});
  Peer base = member("lobby");
  Peer v1 = member("lobby", 0, kUpgradeV1);
  Peer publisher = member("lobby");
  base.stream->room = v1.stream->room = 0;
  for (int i = 1; i <= 20; ++i) {
    publisher.broadcast("lobby", std::to_string(i));
    run();
  }
  room("lobby").first = Seq{11};
  base.allow(kNoLimit);
  v1.allow(kNoLimit);
  run();
  EXPECT_EQ(story(base), "11-20");
  EXPECT_EQ(story(v1), "lagged:1-10 11-20");
}

TEST_F(ReplayBoundsTest, WhereThePolicyIsToDisconnectWhoResumesIsSpared) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 3, .slow_client = room::SlowClientPolicy::kDisconnect});
  rooms.fill("lobby", 300);
  Peer publisher = member("lobby");
  Peer slow = resumer("lobby", 0);
  run();
  EXPECT_EQ(story(slow), "joined:300:recovered 1-300 caught_up:300");
  Peer resuming = open();
  resuming.stream->room = 400;
  resume(resuming, "lobby", 0);
  slow.stream->room = 0;
  run();
  for (int i = 301; i <= 320; ++i) {
    publisher.broadcast("lobby", std::to_string(i));
    run();
  }
  resuming.allow(kNoLimit);
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(story(resuming), "joined:300:recovered 1-300 caught_up:300 301-320");
  EXPECT_EQ(story(slow), "close:4101");
}

TEST_F(ReplayBoundsTest, ALongReplayKeepsTheLogOnlyWithinItsBacklog) {
  settings.rooms = room::RoomSettingsTable({.backlog_bytes = 20'000});
  rooms.fill("lobby", 300);
  Peer publisher = member("lobby");
  store().holds_reads = true;
  Peer peer = resumer("lobby", 0);
  for (int i = 0; i < 100; ++i) {
    publisher.broadcast("lobby", '"' + std::string(1'000, 'x') + '"');
    run();
  }
  EXPECT_LE(shard().stats().log_bytes.value(), 40'000u);
  store().holds_reads = false;
  run();
  EXPECT_EQ(story(peer), "joined:300:recovered 1-300 caught_up:300 301-400");
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
}

TEST_F(ReplayBoundsTest, WhenTheEpochChangesDuringAReplayItEndsThere) {
  rooms.fill("lobby", 600);
  Peer publisher = member("lobby");
  store().holds_reads = true;
  Peer peer = resumer("lobby", 100, 0, kUpgradeV1);
  run();
  store().reads_allowed = 1;
  run();
  room("lobby").next_epoch = "q9";
  publisher.broadcast("lobby", "1");
  run();
  store().holds_reads = false;
  run();
  publisher.broadcast("lobby", "2");
  run();
  EXPECT_EQ(story(peer), "joined:600:recovered 101-255 caught_up:600:incomplete epoch_changed 1-2");
  EXPECT_EQ(shard().stats().replays.value(), 0u);
}

}  // namespace
}  // namespace switchboard::shard
