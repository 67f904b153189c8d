// Direct messages: a user's own room, followed by all of the user's connections without having been joined.
#include "shard/direct_driver.h"

namespace switchboard::shard {
namespace {

using session::kUpgrade;
using session::kUpgradeDeflate;
using session::kUpgradeV1;

constexpr std::string_view kId = R"(,"id":1)";

class DirectCounted : public DirectTest {
 protected:
  std::uint64_t to_nobody() {
    return sum([](const ShardStats& stats) -> auto& { return stats.directs_to_nobody; });
  }
  std::uint64_t addressed() {
    return sum([](const ShardStats& stats) -> auto& { return stats.directs_addressed; });
  }
  std::uint64_t directs() {
    return sum([](const ShardStats& stats) -> auto& { return stats.directs; });
  }
  std::uint64_t members() {
    return sum([](const ShardStats& stats) -> auto& { return stats.members; });
  }
};

class DirectOnShards : public DirectCounted, public testing::WithParamInterface<std::uint32_t> {
 protected:
  void SetUp() override { start(GetParam()); }
  std::size_t last_shard() const { return shards.size() - 1; }
};

INSTANTIATE_TEST_SUITE_P(One, DirectOnShards, testing::Values(1u));
INSTANTIATE_TEST_SUITE_P(Two, DirectOnShards, testing::Values(2u));
INSTANTIATE_TEST_SUITE_P(Three, DirectOnShards, testing::Values(3u));

TEST_P(DirectOnShards, AMessageReachesEveryConnectionOfTheUserAndNobodyElse) {
  for (std::uint32_t home = 0; home < shards.size(); ++home) {
    const std::string bob = user_at(home);
    Peer alice = user("alice", 0);
    std::vector<Peer> bobs;
    for (std::size_t i = 0; i < 3 * shards.size(); ++i)
      bobs.push_back(user(bob, i % shards.size(), i % 2 == 0 ? kUpgrade : kUpgradeDeflate));
    Peer carol = user("carol", last_shard());
    direct(alice, bob, "\"psst\"");
    run();
    for (Peer& peer : bobs) {
      const std::string text = peer.texts();
      EXPECT_EQ(field(text, "type"), "\"direct\"");
      EXPECT_EQ(field(text, "content"), "\"psst\"");
      EXPECT_EQ(field(text, "sender"), "\"alice\"");
      EXPECT_EQ(field(text, "seq"), "1");
      EXPECT_EQ(field(text, "room_id"), "");
      EXPECT_EQ(std::ranges::count(text, '\n'), 1);
    }
    EXPECT_EQ(carol.texts(), "");
    EXPECT_EQ(alice.texts(), "");
    for (Peer& peer : bobs)
      peer.finish();
    alice.finish();
    carol.finish();
  }
  run();
  expect_nothing_left();
}

TEST_P(DirectOnShards, MessagesOfOneSenderArriveInOrderAndNumbered) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer alice = user("alice", 0);
  Peer on_first = user(bob, 0);
  Peer on_last = user(bob, last_shard(), kUpgradeDeflate);
  for (const char* content : {"1", "2", "3", "4", "5"})
    direct(alice, bob, content);
  run();
  EXPECT_EQ(on_first.contents(), "1 2 3 4 5");
  EXPECT_EQ(on_last.contents(), "1 2 3 4 5");
}

TEST_P(DirectOnShards, ItIsAcknowledgedOnceItIsCommitted) {
  for (std::uint32_t home = 0; home < shards.size(); ++home) {
    const std::string bob = user_at(home);
    Peer alice = user("alice", 0);
    direct(alice, bob, "1", kId);
    run();
    const std::string first = alice.texts();
    EXPECT_EQ(field(first, "type"), "\"ack\"");
    EXPECT_EQ(field(first, "id"), "1");
    EXPECT_EQ(field(first, "seq"), "1");
    EXPECT_NE(field(first, "epoch"), "");
    direct(alice, bob, "2", kId);
    run();
    const std::string second = alice.texts();
    EXPECT_EQ(field(second, "seq"), "2") << "the counter is kept while nobody needs it";
    EXPECT_EQ(field(second, "epoch"), field(first, "epoch"));
  }
}

TEST_P(DirectOnShards, OneMayWriteToOneself) {
  Peer here = user("alice", 0);
  Peer there = user("alice", last_shard());
  direct(here, "alice", "1", R"(,"own_devices":true)");
  run();
  EXPECT_EQ(here.contents(), "1");
  EXPECT_EQ(there.contents(), "1");
}

TEST_P(DirectOnShards, TheSendersOtherConnectionsGetACopyWhenAskedFor) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer sending = user("alice", 0);
  Peer near = user("alice", 0, kUpgradeDeflate);
  Peer far = user("alice", last_shard());
  Peer receiving = user(bob, 0);
  direct(sending, bob, "1");
  direct(sending, bob, "2", R"(,"own_devices":true,"id":7)");
  run();
  EXPECT_EQ(receiving.contents(), "1 2");
  const std::string copy = near.texts();
  EXPECT_EQ(field(copy, "content"), "2");
  EXPECT_EQ(field(copy, "to"), "\"" + bob + "\"");
  EXPECT_EQ(far.contents(), "2");
  const std::string answers = sending.texts();
  EXPECT_EQ(std::ranges::count(answers, '\n'), 1) << answers;
  EXPECT_EQ(field(answers, "type"), "\"ack\"");
  EXPECT_EQ(field(answers, "seq"), "2") << "of bob's room";
  EXPECT_EQ(directs(), 2u);
  EXPECT_EQ(to_nobody(), 0u);
  EXPECT_EQ(addressed(), 4u) << "two to bob, one copy to each other connection";
}

TEST_P(DirectOnShards, ARetryWithTheSameNameIsCommittedOnceCopiesIncluded) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer sending = user("alice", 0);
  Peer other = user("alice", last_shard());
  Peer receiving = user(bob, 0);
  const std::string more = R"(,"own_devices":true,"dedup":"x","id":7)";
  direct(sending, bob, "1", more);
  run();
  const std::string first = sending.texts();
  EXPECT_EQ(field(first, "duplicate"), "");
  direct(sending, bob, "1", more);
  run();
  const std::string second = sending.texts();
  EXPECT_EQ(field(second, "duplicate"), "true");
  EXPECT_EQ(field(second, "seq"), field(first, "seq"));
  EXPECT_EQ(receiving.contents(), "1");
  EXPECT_EQ(other.contents(), "1");
}

TEST_P(DirectOnShards, AConnectionThatComesLaterGetsWhatIsSentFromThenOn) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer alice = user("alice", 0);
  Peer first = user(bob, 0);
  direct(alice, bob, "1");
  run();
  Peer same = user(bob, 0);
  Peer deflated = user(bob, 0, kUpgradeDeflate);
  Peer far = user(bob, last_shard());
  direct(alice, bob, "2");
  run();
  EXPECT_EQ(first.contents(), "1 2");
  EXPECT_EQ(same.contents(), "2");
  EXPECT_EQ(deflated.contents(), "2");
  EXPECT_EQ(far.contents(), "2");
}

TEST_P(DirectOnShards, ConnectionsThatEndAreForgottenAndTheOthersGoOn) {
  const std::string bob = user_at(0);
  Peer alice = user("alice", last_shard());
  Peer staying = user(bob, 0);
  for (int i = 0; i < 20; ++i) {
    Peer plain = user(bob, static_cast<std::size_t>(i) % shards.size());
    Peer deflated = user(bob, static_cast<std::size_t>(i) % shards.size(), kUpgradeDeflate);
    direct(alice, bob, "1");
    if (i % 3 != 0) run();
    plain.finish();
    if (i % 2 == 0)
      deflated.reset();
    else
      deflated.give(ws::client_frame(ws::Opcode::kClose, ""));
    run();
    deflated.finish();
    run();
    EXPECT_EQ(staying.contents(), "1");
  }
  EXPECT_EQ(members(), 2u) << "the two halls";
  staying.finish();
  alice.finish();
  run();
  expect_nothing_left();
}

TEST_P(DirectOnShards, MessagesToNobodyAreCommittedAllTheSame) {
  const std::string bob = user_at(0);
  Peer alice = user("alice", last_shard());
  direct(alice, bob, "1", kId);
  run();
  EXPECT_EQ(field(alice.texts(), "type"), "\"ack\"");
  EXPECT_EQ(directs(), 1u);
  EXPECT_EQ(to_nobody(), 1u);
  EXPECT_EQ(addressed(), 0u);
  Peer here = user(bob, 0);
  Peer there = user(bob, last_shard());
  direct(alice, bob, "2");
  run();
  EXPECT_EQ(directs(), 2u);
  EXPECT_EQ(to_nobody(), 1u);
  EXPECT_EQ(addressed(), 2u);
}

TEST_P(DirectOnShards, WhoWasAwayGetsWhatWasMissedByJoiningItsOwnRoom) {
  for (std::uint32_t home = 0; home < shards.size(); ++home) {
    const std::string bob = user_at(home);
    Peer alice = user("alice", 0);
    for (const char* content : {"1", "2", "3"})
      direct(alice, bob, content, kId);
    run();
    const std::string epoch = field(alice.texts(), "epoch");
    Peer last = user(bob, last_shard());
    join_own(last, R"(,"last":2,"id":5)");
    run();
    const std::string texts = last.texts();
    EXPECT_EQ(field(texts, "type"), "\"joined\"");
    EXPECT_EQ(field(texts, "room_id"), "\"@me\"");
    EXPECT_EQ(field(texts, "seq"), "3");
    EXPECT_EQ(texts.find("\"content\":1"), std::string::npos) << texts;
    EXPECT_LT(texts.find("\"content\":2"), texts.find("\"content\":3")) << texts;
    EXPECT_NE(texts.find("caught_up"), std::string::npos) << texts;

    Peer resumed = user(bob, last_shard());
    join_own(resumed, R"(,"since":{"seq":1,"epoch":)" + epoch + R"(},"id":6)");
    direct(alice, bob, "4");
    run();
    const std::string replayed = resumed.texts();
    EXPECT_EQ(field(replayed, "recovered"), "true") << replayed;
    EXPECT_EQ(replayed.find("\"content\":1"), std::string::npos) << replayed;
    EXPECT_LT(replayed.find("\"content\":2"), replayed.find("\"content\":3")) << replayed;
    EXPECT_LT(replayed.find("\"content\":3"), replayed.find("\"content\":4")) << replayed;
    EXPECT_EQ(last.contents(), "4");
  }
}

TEST_P(DirectOnShards, WhatArrivedLiveDoesNotComeAgainWhenTheClientSaysItHasIt) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer alice = user("alice", 0);
  Peer peer = user(bob, 0);
  direct(alice, bob, "1", kId);
  direct(alice, bob, "2", kId);
  run();
  const std::string epoch = field(alice.texts(), "epoch");
  EXPECT_EQ(peer.contents(), "1 2");
  join_own(peer, R"(,"since":{"seq":2,"epoch":)" + epoch + R"(},"id":6)");
  direct(alice, bob, "3");
  run();
  EXPECT_EQ(peer.contents(), "3");
}

TEST_P(DirectOnShards, WhoAsksForWhatCameLiveGetsItAgain) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer alice = user("alice", 0);
  Peer peer = user(bob, 0);
  for (const char* content : {"1", "2", "3"})
    direct(alice, bob, content);
  run();
  EXPECT_EQ(peer.contents(), "1 2 3");
  join_own(peer, R"(,"last":2)");
  direct(alice, bob, "4");
  run();
  EXPECT_EQ(peer.contents(), "2 3 4");
}

TEST_P(DirectOnShards, AMessageThatComesDuringTheJoinIsGivenOnce) {
  for (std::uint32_t home = 0; home < shards.size(); ++home) {
    const std::string bob = user_at(home);
    Peer alice = user("alice", home);  // commits before the home has heard of the join
    Peer peer = user(bob, last_shard());
    join_own(peer);
    direct(alice, bob, "1");
    run();
    const std::string texts = peer.texts();
    EXPECT_NE(texts.find("joined"), std::string::npos) << texts;
    EXPECT_NE(texts.find("\"content\":1"), std::string::npos) << texts;
    EXPECT_EQ(std::ranges::count(texts, '\n'), 2) << texts;
    direct(alice, bob, "2");
    run();
    EXPECT_EQ(peer.contents(), "2");
  }
}

TEST_P(DirectOnShards, AConnectionThatEndsDuringItsJoinLeavesNothing) {
  const std::string bob = user_at(0);
  Peer alice = user("alice", 0);
  Peer peer = user(bob, last_shard());
  join_own(peer);
  direct(alice, bob, "1");
  peer.finish();
  alice.finish();
  run();
  expect_nothing_left();
}

TEST_P(DirectOnShards, TheOwnRoomIsNotJoinedUntilTheClientJoinsIt) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer alice = user("alice", 0);
  Peer peer = user(bob, 0);
  direct(alice, bob, "1");
  run();
  EXPECT_EQ(peer.contents(), "1");
  peer.leave("@me");
  EXPECT_EQ(field(peer.texts(), "code"), "\"not_joined\"");
  EXPECT_EQ(members(), 2u) << "the two halls";

  join_own(peer);
  run();
  EXPECT_EQ(field(peer.texts(), "type"), "\"joined\"");
  EXPECT_EQ(members(), 3u);
  direct(alice, bob, "2");
  run();
  EXPECT_EQ(peer.contents(), "2");

  peer.leave("@me");
  run();
  EXPECT_EQ(field(peer.texts(), "type"), "\"left\"");
  EXPECT_EQ(members(), 2u);
  direct(alice, bob, "3");
  run();
  EXPECT_EQ(peer.contents(), "3") << "messages still arrive live";
  peer.leave("@me");
  EXPECT_EQ(field(peer.texts(), "code"), "\"not_joined\"");
  peer.finish();
  alice.finish();
  run();
  expect_nothing_left();
}

TEST_P(DirectOnShards, JoiningAndLeavingAsOftenAsOneLikesChangesNothingElse) {
  const std::string bob = user_at(0);
  Peer alice = user("alice", 0);
  Peer peer = user(bob, last_shard());
  Peer live = user(bob, last_shard());
  for (int i = 0; i < 5; ++i) {
    join_own(peer);
    if (i % 2 == 0) direct(alice, bob, "1");
    run();
    peer.leave("@me");
    if (i % 2 == 1) direct(alice, bob, "1");
    run();
    EXPECT_EQ(peer.contents(), "1");
    EXPECT_EQ(live.contents(), "1");
  }
  for (Peer* each : {&alice, &peer, &live})
    each->finish();
  run();
  expect_nothing_left();
}

TEST_P(DirectOnShards, ThoseWhoJoinedAreCountedApartFromThoseWhoDidNot) {
  const std::string bob = user_at(0);
  Peer alice = user("alice", 0);
  Peer first = user(bob, last_shard());
  Peer second = user(bob, last_shard());
  Peer live = user(bob, last_shard());
  Peer other = user(bob, last_shard());
  join_own(first);
  direct(alice, bob, "1");
  run();
  join_own(second);
  run();
  live.finish();
  other.finish();
  run();
  first.leave("@me");
  direct(alice, bob, "2");
  run();
  EXPECT_EQ(first.contents(), "1 2");
  EXPECT_EQ(second.contents(), "1 2");
  EXPECT_EQ(members(), 4u) << "three halls and the second's own room";
  second.leave("@me");
  for (Peer* each : {&alice, &first, &second})
    each->finish();
  run();
  expect_nothing_left();
}

TEST_P(DirectOnShards, AJoinThatIsRefusedLeavesTheConnectionLive) {
  settings.rooms.set("@", {.members_max = 1});
  for (auto& one : shards)
    one->reload(settings);
  const std::string bob = user_at(0);
  Peer alice = user("alice", 0);
  Peer first = user(bob, last_shard());
  Peer second = user(bob, last_shard());
  direct(alice, bob, "1");
  run();
  join_own(first);
  join_own(second);
  run();
  EXPECT_NE(first.texts().find("joined"), std::string::npos);
  EXPECT_NE(second.texts().find("room_full"), std::string::npos);
  direct(alice, bob, "2");
  run();
  EXPECT_EQ(first.contents(), "2");
  EXPECT_EQ(second.contents(), "2");
  for (Peer* each : {&alice, &first, &second})
    each->finish();
  run();
  expect_nothing_left();
}

TEST_P(DirectOnShards, JoiningOnOneConnectionLeavesTheOthersLive) {
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer alice = user("alice", 0);
  Peer joined = user(bob, 0);
  Peer live = user(bob, 0);
  Peer far = user(bob, last_shard());
  join_own(joined);
  run();
  joined.frames();
  direct(alice, bob, "1");
  run();
  EXPECT_EQ(joined.contents(), "1");
  EXPECT_EQ(live.contents(), "1");
  EXPECT_EQ(far.contents(), "1");
  joined.finish();
  run();
  direct(alice, bob, "2");
  run();
  EXPECT_EQ(live.contents(), "2");
  EXPECT_EQ(far.contents(), "2");
}

TEST_P(DirectOnShards, AUserNobodyWritesToAnyMoreHasNoViewAfterAWhile) {
  settings.session.ping_interval_ms = 0;
  for (auto& one : shards)
    one->reload(settings);
  const auto views = [&] { return sum([](const ShardStats& stats) -> auto& { return stats.views; }); };
  const std::string bob = user_at(static_cast<std::uint32_t>(last_shard()));
  Peer alice = user("alice", 0);
  Peer plain = user(bob, 0);
  Peer deflated = user(bob, 0, kUpgradeDeflate);
  Peer far = user(bob, last_shard());
  pass(1s);
  const std::uint64_t before = views();
  direct(alice, bob, "1");
  pass(1s);
  EXPECT_GT(views(), before);
  pass(50s);
  EXPECT_GT(views(), before) << "not yet";
  pass(100s);
  EXPECT_EQ(views(), before);
  direct(alice, bob, "2");
  run();
  for (Peer* peer : {&plain, &deflated, &far})
    EXPECT_EQ(peer->contents(), "1 2");
}

TEST_F(DirectTest, ACommandThatFindsAMailboxFullWaitsAndIsDoneOnce) {
  start(2, /*ring_slots=*/2);
  const std::string bob = user_at(0);
  Peer receiving = user(bob, 0);
  Peer sending = user("alice", 1);
  Peer other = user("alice", 1);
  std::string expected;
  for (int i = 1; i <= 30; ++i) {
    direct(sending, bob, std::to_string(i), R"(,"own_devices":true,"id":)" + std::to_string(i));
    expected += (i == 1 ? "" : " ") + std::to_string(i);
  }
  run();
  EXPECT_EQ(receiving.contents(), expected);
  EXPECT_EQ(other.contents(), expected);
  std::string acknowledged;
  for (const session::ServerFrame& frame : sending.frames())
    acknowledged += (acknowledged.empty() ? "" : " ") + field(frame.payload, "id");
  EXPECT_EQ(acknowledged, expected);
  EXPECT_GT(shard(1).stats().waits.value(), 0u);
}

TEST_F(DirectTest, WhicheverOfTheTwoMailboxesIsFullACopiedMessageWaits) {
  start(3, /*ring_slots=*/2);
  for (std::uint32_t home = 0; home < 3; ++home) {
    for (std::uint32_t own_home = 0; own_home < 3; ++own_home) {
      const std::string bob = user_at(home);
      std::string alice;
      for (int i = 0; alice.empty() || siphash13(kKey, "@" + alice) % 3 != own_home; ++i)
        alice = "alice" + std::to_string(home) + std::to_string(i);
      Peer receiving = user(bob, 0);
      Peer sending = user(alice, 1);
      Peer other = user(alice, 2);
      std::string expected;
      for (int i = 1; i <= 10; ++i) {
        direct(sending, bob, std::to_string(i), R"(,"own_devices":true)");
        expected += (i == 1 ? "" : " ") + std::to_string(i);
      }
      run();
      EXPECT_EQ(receiving.contents(), expected) << home << own_home;
      EXPECT_EQ(other.contents(), expected) << home << own_home;
      for (Peer* each : {&receiving, &sending, &other})
        each->finish();
      run();
    }
  }
}

TEST_F(DirectTest, TheOwnRoomCountsOnlyOnceItIsJoined) {
  settings.session.rooms_per_connection_max = 2;
  Peer alice = user("alice");
  Peer bob = user("bob");
  direct(alice, "bob", "1");
  run();
  bob.frames();
  bob.join("second", "bob");
  run();
  EXPECT_EQ(field(bob.texts(), "type"), "\"joined\"");
  join_own(bob);
  EXPECT_EQ(field(bob.texts(), "code"), "\"limit_reached\"");
  bob.leave("second");
  join_own(bob);
  run();
  const std::string texts = bob.texts();
  EXPECT_NE(texts.find("joined"), std::string::npos) << texts;
  bob.join("second", "bob");
  EXPECT_EQ(field(bob.texts(), "code"), "\"limit_reached\"");
}

TEST_F(DirectTest, ASlowConnectionLosesTheOldestAndIsToldSo) {
  settings.rooms.set("@", {.backlog_messages = 10, .history = false});
  Peer alice = user("alice");
  Peer slow = user("bob", 0, kUpgradeV1);
  Peer fast = user("bob");
  slow.allow(0);
  std::string all, end;
  for (int i = 1; i <= 30; ++i) {
    direct(alice, "bob", std::to_string(i));
    run();
    all += (i == 1 ? "" : " ") + std::to_string(i);
    if (i > 20) end += (i == 21 ? "" : " ") + std::to_string(i);
  }
  EXPECT_EQ(fast.contents(), all);
  slow.allow(kNoLimit);
  run();
  const auto frames = slow.frames();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(field(frames[0].payload, "type"), "\"lagged\"");
  EXPECT_EQ(field(frames[0].payload, "room_id"), "\"@me\"");
  EXPECT_EQ(field(frames[0].payload, "to"), "20");
  EXPECT_EQ(frames.size(), 11u);
  EXPECT_EQ(field(frames[1].payload, "content"), "21");
  EXPECT_EQ(field(frames[10].payload, "content"), "30");
}

TEST_F(DirectTest, ASlowConnectionThatHasJoinedIsGivenTheHistoryAndOneThatHasNotIsMovedOn) {
  settings.rooms.set("@", {.backlog_messages = 10, .history = true});
  Peer alice = user("alice");
  Peer joined = user("bob", 0, kUpgradeV1);
  Peer live = user("bob", 0, kUpgradeV1);
  join_own(joined);
  run();
  joined.frames();
  joined.allow(0);
  live.allow(0);
  for (int i = 1; i <= 30; ++i) {
    direct(alice, "bob", std::to_string(i));
    run();
  }
  joined.allow(kNoLimit);
  live.allow(kNoLimit);
  run();
  const auto all = joined.frames();
  ASSERT_EQ(all.size(), 30u);
  for (std::size_t i = 0; i < 30; ++i)
    EXPECT_EQ(field(all[i].payload, "content"), std::to_string(i + 1));
  EXPECT_EQ(live.frames().size(), 11u) << "`lagged`, and what was still there";
}

TEST_F(DirectTest, WhoLeavesItsRoomBeforeItIsReplayedGetsWhatIsStillLiveAndNothingTwice) {
  settings.rooms.set("@", {.history = true});
  Peer alice = user("alice");
  Peer bob = user("bob");
  for (const char* content : {"1", "2", "3"})
    direct(alice, "bob", content);
  run();
  EXPECT_EQ(bob.contents(), "1 2 3");
  bob.allow(0);
  direct(alice, "bob", "4");
  run();
  join_own(bob, R"(,"last":10)");
  run();
  bob.say(R"({"type":"leave","room_id":"@me"})");
  direct(alice, "bob", "5");
  run();
  bob.allow(kNoLimit);
  run();
  EXPECT_EQ(bob.contents(), "4 5");
}

/// Connections of which nothing ends by itself, however long they are idle or take nothing.
class DirectForLong : public DirectTest {
 protected:
  DirectForLong() {
    settings.session.ping_interval_ms = 0;
    settings.session.write_timeout_ms = 3'600'000;
    settings.rooms.set("@", {.history = false});
  }
};

TEST_F(DirectForLong, AViewStaysWhileOneOfItsMembersIsBehindAndTheOtherEncodingsViewMayGo) {
  Peer alice = user("alice");
  Peer slow = user("bob", 0, kUpgradeDeflate);
  Peer fast = user("bob");
  slow.allow(0);
  direct(alice, "bob", "1");
  pass(300s);
  direct(alice, "bob", "2");
  run();
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(slow.contents(), "1 2");
  EXPECT_EQ(fast.contents(), "1 2");
}

TEST_F(DirectForLong, ARoomThatItsHomeHasForgottenIsNumberedAnew) {
  Peer alice = user("alice");
  Peer slow = user("bob");
  Peer fast = user("bob");
  direct(alice, "bob", "0");
  run();
  EXPECT_EQ(slow.contents(), "0");
  slow.allow(0);
  direct(alice, "bob", "1");
  direct(alice, "bob", "2");
  pass(1'000s);
  direct(alice, "bob", "3");
  run();
  direct(alice, "bob", "4");
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(fast.contents(), "0 1 2 3 4");
  const auto frames = slow.frames();
  ASSERT_GE(frames.size(), 2u);
  EXPECT_EQ(field(frames.back().payload, "content"), "4");
  EXPECT_EQ(field(frames.back().payload, "seq"), "2");
  EXPECT_EQ(field(frames[frames.size() - 2].payload, "content"), "3");
}

TEST_F(DirectTest, WhatAClientSaysItHasIsNotGivenToItThoughItHasNotHadItHere) {
  Peer alice = user("alice");
  Peer peer = user("bob");
  peer.allow(0);
  for (const char* content : {"1", "2", "3"})
    direct(alice, "bob", content, kId);
  run();
  const std::string epoch = field(alice.texts(), "epoch");
  join_own(peer, R"(,"since":{"seq":2,"epoch":)" + epoch + R"(},"id":6)");
  run();
  peer.allow(kNoLimit);
  run();
  EXPECT_EQ(peer.contents(), "3");
}

TEST_F(DirectTest, ASlowConnectionIsClosedWhereThatIsThePolicy) {
  settings.rooms.set("@", {.backlog_messages = 10, .slow_client = room::SlowClientPolicy::kDisconnect});
  Peer alice = user("alice");
  Peer slow = user("bob");
  slow.allow(0);
  for (int i = 1; i <= 30; ++i) {
    direct(alice, "bob", std::to_string(i));
    run();
  }
  slow.allow(kNoLimit);
  run();
  slow.finish();
  run();
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{4101});
}

TEST_F(DirectTest, AUserWithVeryManyConnectionsGetsEachMessageOnEachOfThem) {
  Peer alice = user("alice");
  std::vector<Peer> bobs;
  for (int i = 0; i < 1'000; ++i)
    bobs.push_back(user("bob", 0, i % 2 == 0 ? kUpgrade : kUpgradeDeflate));
  direct(alice, "bob", "1");
  direct(alice, "bob", "2");
  run();
  for (Peer& peer : bobs)
    EXPECT_EQ(peer.contents(), "1 2");
  for (std::size_t i = 0; i < bobs.size(); i += 2)
    bobs[i].finish();
  direct(alice, "bob", "3");
  run();
  for (std::size_t i = 1; i < bobs.size(); i += 2)
    EXPECT_EQ(bobs[i].contents(), "3");
}

}  // namespace
}  // namespace switchboard::shard
