// What users show of themselves, through shards: who is told what of it, and when.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "shard/presence_driver.h"

namespace switchboard::shard {
namespace {

using PresenceInfoTest = PresenceTest;

TEST_F(PresenceInfoTest, AnInfoIsShownInTheList) {
  start(2);
  const std::string room = room_at(1);
  Peer alice = joined(room, "alice", 0, R"(,"info":{"age": 7})");
  EXPECT_EQ(asked(alice, room), list(room, 1, R"({"user_id":"alice","connections":1,"info":{"age": 7}})"));
  Peer bob = joined(room, "bob", 1, R"(,"info":"hi")");
  EXPECT_EQ(asked(bob, room), list(room, 2,
                                   R"({"user_id":"alice","connections":1,"info":{"age": 7}},)"
                                   R"({"user_id":"bob","connections":1,"info":"hi"})"));
}

TEST_F(PresenceInfoTest, AnInfoIsForgottenWithItsMembership) {
  Peer alice = joined("r", "alice");
  Peer bob = joined("r", "bob", 0, R"(,"info":1)");
  bob.leave("r");
  join(bob, "r", "bob");
  EXPECT_EQ(asked(alice, "r"), list("r", 2, listed("alice", 1) + "," + listed("bob", 1)));
}

TEST_F(PresenceInfoTest, AJoinThatIsRepeatedWithAnInfoChangesIt) {
  start(2);
  const std::string room = room_at(1);
  Peer alice = watcher(room, "alice");
  Peer bob = joined(room, "bob", 1, R"(,"info":1)");
  wait(1s);
  alice.texts();
  join(bob, room, "bob", R"(,"info":{"a": 2})");
  join(bob, room, "bob");
  wait(1s);
  EXPECT_EQ(bob.texts(), R"({"type":"joined","room_id":")" + room + R"("})" + "\n" + R"({"type":"joined","room_id":")" +
                             room + R"("})" + "\n");
  EXPECT_EQ(alice.texts(), changed(room, shown("bob", R"({"a": 2})"), 2));
  join(bob, room, "bob", R"(,"info":null)");
  wait(1s);
  EXPECT_EQ(alice.texts(), changed(room, shown("bob", "null"), 2));
  EXPECT_EQ(asked(alice, room), list(room, 2, listed("alice", 1) + "," + listed("bob", 1, "null")));
}

TEST_F(PresenceInfoTest, WhoComesBackWithAnotherInfoIsTold) {
  for (std::uint32_t home = 0; home < 2; ++home) {
    shards.clear();
    start(2);
    const std::string room = room_at(home);
    Peer alice = watcher(room, "alice");
    Peer bob = joined(room, "bob", 1, R"(,"info":"in")");
    wait(1s);
    alice.texts();
    bob.leave(room);
    join(bob, room, "bob", R"(,"info":"away")");
    wait(1s);
    EXPECT_EQ(alice.texts(), changed(room, shown("bob", R"("away")"), 2));
    bob.leave(room);
    wait(1s);
    EXPECT_EQ(alice.texts(), "") << "it may come back";
    EXPECT_EQ(asked(alice, room), list(room, 2, listed("alice", 1) + "," + listed("bob", 0, R"("away")")));
    join(bob, room, "bob");
    wait(1s);
    EXPECT_EQ(alice.texts(), changed(room, user("bob"), 2)) << "it says nothing of itself any more";
  }
}

TEST_F(PresenceInfoTest, AnInfoThatIsSoonAsBeforeIsNotTold) {
  Peer alice = watcher("r", "alice");
  Peer bob = joined("r", "bob", 0, R"(,"info":1)");
  wait(1s);
  alice.texts();
  join(bob, "r", "bob", R"(,"info":2)");
  run();
  join(bob, "r", "bob", R"(,"info":1)");
  wait(1s);
  EXPECT_EQ(alice.texts(), "");
}

TEST_F(PresenceInfoTest, OfSeveralConnectionsTheInfoGivenLastIsShownUntilThatOneLeaves) {
  // On one shard in both encodings, and on another.
  for (const std::size_t other_shard : {0u, 1u}) {
    for (const std::string_view handshake : {session::kUpgrade, session::kUpgradeDeflate}) {
      shards.clear();
      start(2);
      const std::string room = room_at(1);
      Peer watching = watcher(room, "w");
      Peer phone = joined(room, "bob", 0, R"(,"info":"phone")");
      wait(1s);
      Peer laptop = joined(room, "bob", other_shard, R"(,"info":"laptop")", handshake);
      Peer silent = joined(room, "bob", other_shard, "", handshake);
      watching.texts();
      wait(1s);
      EXPECT_EQ(watching.texts(), changed(room, shown("bob", R"("laptop")"), 2));
      laptop.reset();
      wait(1s);
      EXPECT_EQ(watching.texts(), changed(room, shown("bob", R"("phone")"), 2));
      phone.leave(room);
      wait(1s);
      EXPECT_EQ(watching.texts(), changed(room, user("bob"), 2)) << "whoever is left says nothing of itself";
      EXPECT_EQ(asked(watching, room), list(room, 2, listed("bob", 1) + "," + listed("w", 1)));
    }
  }
}

TEST_F(PresenceInfoTest, AnInfoOfWhoWasThereBeforeAnybodyAskedIsKnownAndChanges) {
  start(2);
  const std::string room = room_at(0);
  Peer bob = joined(room, "bob", 1, R"(,"info":1)");
  join(bob, room, "bob", R"(,"info":2)");
  Peer alice = watcher(room, "alice");
  EXPECT_EQ(asked(alice, room), list(room, 2, listed("alice", 1) + "," + listed("bob", 1, "2")));
  join(bob, room, "bob", R"(,"info":3)");
  wait(1s);
  EXPECT_NE(alice.texts().find(R"("changed":[{"user_id":"bob","info":3}])"), std::string::npos);
}

TEST_F(PresenceInfoTest, InfosAreMergedWhileTheWayToTheHomeIsFull) {
  start(2, /*ring_slots=*/4);
  const std::string room = room_at(0);
  Peer alice = watcher(room, "alice", 0);
  std::vector<Peer> peers;
  for (int i = 0; i < 8; ++i)
    peers.push_back(joined(room, "u" + std::to_string(i), 1, R"(,"info":0)"));
  wait(1s);
  alice.texts();
  for (int n = 1; n <= 50; ++n) {
    for (std::size_t i = 0; i < peers.size(); ++i)
      join(peers[i], room, "u" + std::to_string(i), R"(,"info":)" + std::to_string(n));
    for (int i = 0; i < 3; ++i)
      shards[1]->turn();
  }
  wait(2s);
  std::string all;
  for (std::size_t i = 0; i < peers.size(); ++i)
    all += (i == 0 ? "" : ",") + listed("u" + std::to_string(i), 1, "50");
  peers[0].texts();
  EXPECT_EQ(asked(peers[0], room, R"(,"next":"alice")"), list(room, 9, all));
  const std::string told = alice.texts();
  for (std::size_t i = 0; i < peers.size(); ++i)
    EXPECT_NE(told.find(shown("u" + std::to_string(i), "50")), std::string::npos) << told;
}

}  // namespace
}  // namespace switchboard::shard
