#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "shard/presence_driver.h"

namespace switchboard::shard {
namespace {

// --- queries -------------------------------------------------------------------------------------------------------

TEST_F(PresenceTest, AQueryCountsUsersAndTheirConnectionsOnAllShards) {
  for (std::uint32_t count = 1; count <= 3; ++count) {
    for (std::uint32_t home = 0; home < count; ++home) {
      shards.clear();
      start(count);
      const std::string room = room_at(home);
      Peer alice = joined(room, "alice", 0);
      Peer alice_again = joined(room, "alice", count - 1);
      Peer bob = joined(room, "bob", count / 2);
      const std::string expected = list(room, 2, listed("alice", 2) + "," + listed("bob", 1));
      EXPECT_EQ(asked(bob, room), expected) << count << " shards, home " << home;
      EXPECT_EQ(asked(alice, room), expected) << "asked again";
    }
  }
}

TEST_F(PresenceTest, NothingIsTrackedWhileNobodyHasAsked) {
  start(2);
  Peer alice = joined("r", "alice", 0);
  Peer bob = joined("r", "bob", 1);
  wait(2s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
  EXPECT_EQ(alice.texts(), "");
}

TEST_F(PresenceTest, TheIdOfAQueryIsEchoed) {
  Peer alice = joined("r", "alice");
  EXPECT_EQ(asked(alice, "r", R"(,"id":7)"),
            R"({"type":"presence","room_id":"r","id":7,"count":1,"users":[{"user_id":"alice","connections":1}]})"
            "\n");
}

TEST_F(PresenceTest, AListIsNoLongerThanAnAnswerMayBe) {
  settings.session.reply_bytes_max = 4'096;
  start(1);
  std::vector<Peer> peers;
  for (int i = 0; i < 40; ++i) {
    std::string name = std::to_string(10 + i);
    for (int n = 0; n < 5 * i; ++n)
      name += R"(\")";
    peers.push_back(joined("r", name));
  }
  std::string next;
  std::size_t users = 0;
  for (int pages = 0; pages < 40; ++pages) {
    const std::string text = asked(peers.front(), "r", R"(,"limit":1000,"id":"x")" + next);
    EXPECT_LE(text.size() - 1, 4'096u);
    for (auto at = text.find("connections"); at != std::string::npos; at = text.find("connections", at + 1))
      ++users;
    const auto at = text.find(R"(,"next":)");
    if (at == std::string::npos) break;
    EXPECT_GT(text.size(), 3'000u) << "it is made use of";
    next = text.substr(at, text.size() - 2 - at);
  }
  EXPECT_EQ(users, peers.size());
}

TEST_F(PresenceTest, AListIsReadInPages) {
  start(2);
  std::vector<Peer> peers;
  for (const char* name : {"d", "b", "a", "e", "c"})
    peers.push_back(joined("r", name, peers.size() % 2));
  EXPECT_EQ(asked(peers[0], "r", R"(,"limit":2)"),
            list("r", 5, listed("a", 1) + "," + listed("b", 1), R"(,"next":"b")"));
  EXPECT_EQ(asked(peers[0], "r", R"(,"limit":2,"next":"b")"),
            list("r", 5, listed("c", 1) + "," + listed("d", 1), R"(,"next":"d")"));
  EXPECT_EQ(asked(peers[0], "r", R"(,"limit":2,"next":"d")"), list("r", 5, listed("e", 1)));
}

TEST_F(PresenceTest, AListKnowsWhoCameAndWentSinceTheFirst) {
  start(3);
  Peer alice = joined("r", "alice", 0);
  EXPECT_EQ(asked(alice, "r"), list("r", 1, listed("alice", 1)));
  Peer bob = joined("r", "bob", 1);
  Peer carol = joined("r", "carol", 2);
  EXPECT_EQ(asked(alice, "r"), list("r", 3, listed("alice", 1) + "," + listed("bob", 1) + "," + listed("carol", 1)));
  wait(1s);
  bob.leave("r");
  carol.reset();
  wait(1s);
  EXPECT_EQ(asked(alice, "r"), list("r", 3, listed("alice", 1) + "," + listed("bob", 0) + "," + listed("carol", 0)))
      << "they may come back";
  wait(5s);
  EXPECT_EQ(asked(alice, "r"), list("r", 1, listed("alice", 1)));
}

TEST_F(PresenceTest, WhereItIsNotAllowedItIsForbidden) {
  room::RoomSettings quiet;
  quiet.presence = false;
  settings.rooms.set("quiet", quiet);
  Peer alice = joined("quiet:r", "alice");
  EXPECT_TRUE(asked(alice, "quiet:r").starts_with(R"({"type":"error","code":"forbidden")"));
  Peer bob = open();
  join(bob, "quiet:r", "bob", R"(,"presence":true)");
  EXPECT_TRUE(bob.texts().starts_with(R"({"type":"error","code":"forbidden")"));
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
}

TEST_F(PresenceTest, WhoIsNotThereIsNotTold) {
  Peer alice = joined("r", "alice");
  EXPECT_TRUE(asked(alice, "other").starts_with(R"({"type":"error","code":"not_joined")"));
}

TEST_F(PresenceTest, AQueryWhoseAskerEndsIsForgotten) {
  for (std::uint32_t home = 0; home < 2; ++home) {
    shards.clear();
    start(2);
    const std::string room = room_at(home);
    Peer alice = joined(room, "alice", 1);
    ask(alice, room);
    alice.reset();
    run();
    expect_nothing_left();
    EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
  }
}

/// More than are reported in the turn in which tracking begins.
constexpr int kMany = 2'600;

class ManyMembersTest : public PresenceTest {
 protected:
  ManyMembersTest() {
    start(2);
    room = room_at(0);
    alice = joined(room, "alice", 0);
    for (int i = 0; i < kMany; ++i)
      peers.push_back(joined(room, "u" + std::to_string(i), 1));
  }
  /// Asks, and stops while the other shard has reported some of its members.
  void ask_halfway() {
    ask(alice, room, R"(,"limit":1)");
    shards[0]->turn();
    shards[1]->turn();
  }

  std::string room;
  Peer alice;
  std::vector<Peer> peers;
};

TEST_F(ManyMembersTest, AllAreCounted) {
  ask_halfway();
  EXPECT_EQ(alice.texts(), "");
  run();
  EXPECT_EQ(alice.texts(), list(room, kMany + 1, listed("alice", 1), R"(,"next":"alice")"));
}

TEST_F(ManyMembersTest, ThoseWhoComeAndGoMeanwhileAreCountedRight) {
  ask_halfway();
  for (std::size_t i = 0; i < 10; ++i)
    peers[100 + i].leave(room);   // those behind take the places of these
  peers[2'550].leave(room);       // not reported yet
  peers[kMany - 11].leave(room);  // was moved
  Peer late = open(1);
  join(late, room, "late");
  run();
  alice.texts();
  wait(6s);
  EXPECT_EQ(asked(alice, room, R"(,"limit":1)"),
            list(room, kMany + 1 - 12 + 1, listed("alice", 1), R"(,"next":"alice")"));
}

TEST_F(ManyMembersTest, WhenAllHaveGoneMeanwhileTheAnswerDoesNotWaitForThem) {
  ask_halfway();
  for (Peer& peer : peers)
    peer.leave(room);
  run();
  EXPECT_TRUE(alice.texts().starts_with(R"({"type":"presence","room_id":")" + room + R"(","count":)"));
  wait(6s);
  EXPECT_EQ(asked(alice, room), list(room, 1, listed("alice", 1)));
}

// --- watchers ------------------------------------------------------------------------------------------------------

TEST_F(PresenceTest, AWatcherIsToldOfItsOwnJoinAndOfEverybodyElses) {
  for (std::uint32_t count = 1; count <= 3; ++count) {
    for (std::uint32_t home = 0; home < count; ++home) {
      shards.clear();
      start(count);
      const std::string room = room_at(home);
      Peer found = joined(room, "found", count - 1);
      Peer alice = watcher(room, "alice", 0);
      wait(540ms);
      EXPECT_EQ(alice.texts(), change(room, user("alice"), "", 2)) << count << " shards, home " << home;
      Peer bob = joined(room, "bob", count / 2);
      wait(540ms);
      EXPECT_EQ(alice.texts(), change(room, user("bob"), "", 3));
      bob.leave(room);
      wait(100ms);
      found.reset();
      wait(5s);
      EXPECT_EQ(alice.texts(), "");
      wait(600ms);
      EXPECT_EQ(alice.texts(), change(room, "", user("bob") + "," + user("found"), 1));
      EXPECT_EQ(found.texts(), "") << "it has not asked";
    }
  }
}

TEST_F(PresenceTest, JoinedComesBeforeWhatIsPushed) {
  start(2);
  const std::string room = room_at(1);
  Peer alice = open(0);
  join(alice, room, "alice", R"(,"presence":true,"id":1)");
  wait(1s);
  const std::string texts = alice.texts();
  EXPECT_TRUE(texts.starts_with(R"({"type":"joined","room_id":")" + room + R"(","id":1)")) << texts;
  EXPECT_TRUE(texts.ends_with(change(room, user("alice"), "", 1))) << texts;
}

TEST_F(PresenceTest, AUserWithSeveralConnectionsComesAndGoesOnce) {
  start(3);
  const std::string room = room_at(2);
  Peer alice = watcher(room, "alice", 0);
  wait(1s);
  alice.texts();
  std::vector<Peer> bobs;
  for (std::size_t i = 0; i < 6; ++i)
    bobs.push_back(joined(room, "bob", i % 3, "", i % 2 == 0 ? session::kUpgrade : session::kUpgradeDeflate));
  wait(1s);
  EXPECT_EQ(alice.texts(), change(room, user("bob"), "", 2));
  for (std::size_t i = 0; i < 5; ++i)
    bobs[i].leave(room);
  wait(7s);
  EXPECT_EQ(alice.texts(), "");
  bobs[5].leave(room);
  wait(7s);
  EXPECT_EQ(alice.texts(), change(room, "", user("bob"), 1));
}

TEST_F(PresenceTest, APageReloadIsNeitherALeaveNorAJoin) {
  start(2);
  Peer alice = watcher("r", "alice", 0);
  Peer bob = joined("r", "bob", 1);
  wait(1s);
  alice.texts();
  for (int i = 0; i < 5; ++i) {
    bob.reset();
    wait(4s);
    bob = joined("r", "bob", static_cast<std::size_t>(i % 2));
  }
  wait(10s);
  EXPECT_EQ(alice.texts(), "");
}

TEST_F(PresenceTest, ManyChangesAreOnePush) {
  start(3);
  const std::string room = room_at(0);
  Peer alice = watcher(room, "alice", 1);
  wait(1s);
  alice.texts();
  std::vector<Peer> peers;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 50; ++i) {
      Peer peer = open(static_cast<std::size_t>(i % 3));
      join(peer, room, "u" + std::to_string(i));
      peers.push_back(peer);
    }
    run();
    if (round == 9) break;
    for (Peer& peer : peers)
      peer.reset();
    peers.clear();
    wait(20ms);
  }
  wait(600ms);
  const auto frames = alice.frames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_TRUE(frames[0].payload.ends_with(R"("left":[],"count":51})")) << frames[0].payload;
  EXPECT_EQ(sum(&ShardStats::presence_pushes), 2u);
}

TEST_F(PresenceTest, WhoComesAndGoesWithinTheWindowIsNotMentioned) {
  start(2);
  Peer alice = watcher("r", "alice", 0);
  wait(1s);
  alice.texts();
  Peer bob = joined("r", "bob", 1);
  bob.leave("r");
  wait(10s);
  EXPECT_EQ(alice.texts(), "");
}

TEST_F(PresenceTest, MoreUsersThanOnePushNamesMakeItPartial) {
  Peer alice = watcher("r", "alice");
  wait(1s);
  alice.texts();
  std::vector<Peer> peers;
  for (int i = 0; i < 150; ++i)
    peers.push_back(joined("r", "u" + std::to_string(i)));
  wait(600ms);
  const auto frames = alice.frames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_TRUE(frames[0].payload.ends_with(R"("count":151,"partial":true})"));
}

TEST_F(PresenceTest, TheMoreWatchersTheLongerTheWindow) {
  room::RoomSettings rare;
  rare.presence_pushes_per_second = 2;
  settings.rooms.set("rare", rare);
  Peer alice = watcher("rare:r", "alice");
  std::vector<Peer> more;
  for (int i = 0; i < 3; ++i)
    more.push_back(watcher("rare:r", "w" + std::to_string(i)));
  wait(1'900ms);
  EXPECT_EQ(alice.texts(), "");
  wait(200ms);
  EXPECT_EQ(alice.texts(),
            change("rare:r", user("alice") + "," + user("w0") + "," + user("w1") + "," + user("w2"), "", 4));
}

TEST_F(PresenceTest, WatchersWhoReadCompressedAreToldToo) {
  start(2);
  const std::string room = room_at(1);
  Peer alice = joined(room, "alice", 0, R"(,"presence":true)", session::kUpgradeDeflate);
  Peer bob = watcher(room, "bob", 0);
  wait(600ms);
  EXPECT_EQ(alice.texts(), change(room, user("alice") + "," + user("bob"), "", 2));
  EXPECT_EQ(bob.texts(), change(room, user("alice") + "," + user("bob"), "", 2));
  EXPECT_EQ(asked(bob, room), list(room, 2, listed("alice", 1) + "," + listed("bob", 1)));
}

TEST_F(PresenceTest, WatchingEndsWithTheMembership) {
  for (const bool by_leave : {true, false}) {
    shards.clear();
    start(2);
    const std::string room = room_at(0);
    Peer alice = watcher(room, "alice", 1);
    Peer bob = watcher(room, "bob", 1);
    wait(1s);
    alice.texts();
    EXPECT_EQ(sum(&ShardStats::presence_watchers), 2u);
    if (by_leave) {
      alice.leave(room);
      EXPECT_EQ(alice.texts(), R"({"type":"left","room_id":")" + room + "\"}\n");
    } else {
      alice.reset();
    }
    wait(10s);
    EXPECT_EQ(sum(&ShardStats::presence_watchers), 1u);
    EXPECT_EQ(alice.texts(), "");
    EXPECT_TRUE(bob.texts().ends_with(change(room, "", user("alice"), 1)));
  }
}

TEST_F(PresenceTest, AWatcherMayHaveOtherRoomsAndLeaveInAnyOrder) {
  start(2);
  settings.session.rooms_per_connection_max = 3;
  for (auto& one : shards)
    one->reload(settings);
  for (int order = 0; order < 3; ++order) {
    Peer alice = open(0);
    for (const char* room : {"a", "b", "c"})
      join(alice, room, "alice", R"(,"presence":true)");
    run();
    join(alice, "d", "alice");
    run();
    EXPECT_TRUE(alice.texts().find("limit_reached") != std::string::npos) << "watching counts for no room";
    for (int i = 0; i < 3; ++i)
      alice.leave(std::string(1, static_cast<char>('a' + (order + i) % 3)));
    run();
    EXPECT_EQ(sum(&ShardStats::presence_watchers), 0u);
    alice.reset();
    run();
  }
  expect_nothing_left();
}

TEST_F(PresenceTest, AWatcherWhoFallsBehindIsGivenTheCountAfresh) {
  settings.session.ping_interval_ms = 0;
  settings.session.write_timeout_ms = 1'000'000;
  Peer alice = watcher("r", "alice");
  wait(1s);
  alice.texts();
  alice.allow(0);
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(joined("r", "u" + std::to_string(i)));
    wait(520ms);
  }
  EXPECT_LT(shard().stats().log_bytes.value(), 300'000u);
  alice.allow(kNoLimit);
  run();
  const auto frames = alice.frames();
  ASSERT_FALSE(frames.empty());
  EXPECT_LE(frames.size(), 2u) << "perhaps one that it had begun to be given";
  EXPECT_EQ(frames.back().payload,
            R"({"type":"presence_change","room_id":"r","joined":[],"left":[],"count":101,"partial":true})");
  peers.push_back(joined("r", "new"));
  wait(600ms);
  EXPECT_EQ(alice.texts(), change("r", user("new"), "", 102));
}

TEST_F(PresenceTest, MessagesOfTheRoomAndItsChangesComeToTheSameClient) {
  Peer alice = watcher("r", "alice");
  Peer bob = joined("r", "bob");
  bob.broadcast("r", "1");
  wait(600ms);
  bob.broadcast("r", "2");
  run();
  const std::string texts = alice.texts();
  EXPECT_TRUE(texts.find(R"("content":1)") < texts.find("presence_change"));
  EXPECT_TRUE(texts.find("presence_change") < texts.find(R"("content":2)"));
}

TEST_F(PresenceTest, AJoinThatIsRefusedWatchesNothing) {
  start(2);
  room::RoomSettings narrow;
  narrow.members_max = 1;
  settings.rooms.set("narrow", narrow);
  for (auto& one : shards)
    one->reload(settings);
  Peer alice = watcher("narrow:r", "alice", 0);
  Peer bob = open(1);
  join(bob, "narrow:r", "bob", R"(,"presence":true)");
  run();
  EXPECT_TRUE(bob.texts().find("room_full") != std::string::npos);
  EXPECT_EQ(sum(&ShardStats::presence_watchers), 1u);
  alice.leave("narrow:r");
  run();
  turn_all();
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
}

TEST_F(PresenceTest, AWatcherThatIsGoneBeforeItsJoinIsAnsweredIsNotCounted) {
  start(2);
  const std::string room = room_at(0);
  Peer alice = joined(room, "alice", 0);
  Peer bob = open(1);
  join(bob, room, "bob", R"(,"presence":true)");
  bob.reset();
  wait(1s);
  EXPECT_EQ(sum(&ShardStats::presence_watchers), 0u);
  wait(62s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u) << "nobody watches";
}

// --- on and off ----------------------------------------------------------------------------------------------------

TEST_F(PresenceTest, TrackingStopsAMinuteAfterTheLastQuery) {
  start(2);
  settings.session.ping_interval_ms = 0;
  for (auto& one : shards)
    one->reload(settings);
  Peer alice = joined("r", "alice", 0);
  Peer bob = joined("r", "bob", 1);
  asked(alice, "r");
  wait(59s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 1u);
  asked(alice, "r");
  wait(59s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 1u);
  EXPECT_EQ(sum(&ShardStats::presence_views), 2u);
  wait(2s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
  EXPECT_EQ(sum(&ShardStats::presence_views), 0u);
  bob.leave("r");
  Peer carol = joined("r", "carol", 1);
  wait(1s);
  EXPECT_EQ(asked(alice, "r"), list("r", 2, listed("alice", 1) + "," + listed("carol", 1))) << "found, begun anew";
}

TEST_F(PresenceTest, TrackingGoesOnWhileSomebodyWatches) {
  start(2);
  settings.session.ping_interval_ms = 0;
  for (auto& one : shards)
    one->reload(settings);
  Peer alice = watcher("r", "alice", 0);
  Peer bob = joined("r", "bob", 1);
  wait(200s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 1u);
  alice.leave("r");
  wait(59s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 1u);
  wait(2s);
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
}

TEST_F(PresenceTest, ARoomThatEndsIsForgottenAtOnce) {
  start(3);
  const std::string room = room_at(1);
  Peer alice = watcher(room, "alice", 0);
  Peer bob = watcher(room, "bob", 2);
  wait(100ms);
  alice.reset();
  bob.finish();
  run();
  EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
  expect_nothing_left();
  Peer carol = watcher(room, "carol", 2);
  wait(600ms);
  EXPECT_EQ(carol.texts(), change(room, user("carol"), "", 1));
}

// --- full mailboxes ------------------------------------------------------------------------------------------------

/// What a watcher believes after each of its changes.
class Belief {
 public:
  void take(Peer& watcher) {
    for (const session::ServerFrame& frame : watcher.frames()) {
      const std::string_view text = frame.payload;
      if (!text.starts_with(R"({"type":"presence_change")")) continue;
      EXPECT_EQ(text.find("partial"), text.npos);
      const auto left = text.find(R"("left":)");
      for_each_user(text.substr(0, left), [&](std::string_view user) { users.emplace(user); });
      for_each_user(text.substr(left), [&](std::string_view user) { users.erase(std::string(user)); });
      EXPECT_TRUE(text.ends_with(R"("count":)" + std::to_string(users.size()) + "}")) << text;
    }
  }
  std::set<std::string> users;

 private:
  template <class F>
  static void for_each_user(std::string_view text, F&& f) {
    constexpr std::string_view kUser = R"({"user_id":")";
    for (auto at = text.find(kUser); at != text.npos; at = text.find(kUser, at + 1)) {
      const auto begin = at + kUser.size();
      f(text.substr(begin, text.find('"', begin) - begin));
    }
  }
};

/// Connections of thirty users join, leave and break off at random on three shards whose mailboxes are nearly always
/// full: after every change two watchers believe what its count says, and in the end what is so.
TEST_F(PresenceTest, NothingIsLostOrReorderedWhenMailboxesAreFull) {
  settings.session.ping_interval_ms = 0;
  for (std::uint32_t home = 0; home < 3; ++home) {
    shards.clear();
    start(3, 4);
    const std::string room = room_at(home);
    Peer near = watcher(room, "near", home);
    Peer far = watcher(room, "far", (home + 1) % 3);
    Belief near_belief;
    Belief far_belief;
    far_belief.users.emplace("near");  // was found there
    std::vector<Peer> peers;
    std::vector<bool> is_in(60);
    for (std::size_t i = 0; i < 60; ++i)
      peers.push_back(open(i % 3));
    std::mt19937 random(home);
    for (int step = 0; step < 5'000; ++step) {
      const std::size_t index = random() % peers.size();
      const auto kind = random() % 8;
      if (kind < 4) {
        if (!is_in[index]) join(peers[index], room, "u" + std::to_string(index / 2));
        is_in[index] = true;
      } else if (kind < 7) {
        if (is_in[index]) peers[index].leave(room);
        is_in[index] = false;
      } else {
        peers[index].reset();
        peers[index] = open(index % 3);
        is_in[index] = false;
      }
      shards[random() % 3]->turn();
      if (random() % 20 == 0) {
        clock.advance(std::chrono::milliseconds(random() % 3'000));
        near_belief.take(near);
        far_belief.take(far);
      }
    }
    wait(8s);
    near_belief.take(near);
    far_belief.take(far);
    std::set<std::string> users{"near", "far"};
    for (std::size_t i = 0; i < peers.size(); ++i) {
      if (is_in[i]) users.insert("u" + std::to_string(i / 2));
    }
    EXPECT_EQ(near_belief.users, users);
    EXPECT_EQ(far_belief.users, users);
    EXPECT_GT(sum(&ShardStats::waits), 0u) << "no mailbox was full";
    for (Peer& peer : peers)
      peer.reset();
    near.reset();
    far.reset();
    run();
    expect_nothing_left();
    EXPECT_EQ(sum(&ShardStats::presence_rooms), 0u);
    EXPECT_EQ(sum(&ShardStats::presence_views), 0u);
    EXPECT_EQ(sum(&ShardStats::presence_watchers), 0u);
  }
}

}  // namespace
}  // namespace switchboard::shard
