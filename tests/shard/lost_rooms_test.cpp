// A room that is taken away from who is in it.
#include "shard/lost_rooms.h"

#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

class LostRoomsTest : public ShardTest {
 protected:
  std::uint64_t revoke(std::size_t on_shard, const std::string& room, const std::string& user = "") {
    return shard(on_shard).revoke({.room_id = room, .user_id = user, .issued_before = 1, .until = 2});
  }
  static std::string left(const std::string& room) {
    return R"({"type":"left","room_id":")" + room + R"(","reason":"revoked"})" + "\n";
  }
  Peer member_as(const std::string& room, const std::string& user, std::size_t on_shard = 0) {
    Peer peer = open(on_shard);
    peer.join(room, user);
    run();
    EXPECT_TRUE(peer.texts().starts_with("{\"type\":\"joined\""));
    return peer;
  }
  void finish(std::initializer_list<Peer*> peers) {
    for (Peer* peer : peers)
      peer->finish();
    run();
    pass(5s);
    expect_nothing_left();
  }
};

TEST_F(LostRoomsTest, OneUserOrEverybodyIsTakenOutOfItAndStaysConnected) {
  Peer ann = member_as("r", "ann"), bob = member_as("r", "bob");
  ann.join("other", "ann");
  run();
  ann.texts();
  EXPECT_EQ(revoke(0, "r", "ann"), 1);
  run();
  EXPECT_EQ(ann.texts(), left("r"));
  bob.broadcast("r", "1");
  run();
  EXPECT_EQ(bob.contents(), "1");
  EXPECT_EQ(ann.texts(), "");
  EXPECT_EQ(revoke(0, "r"), 1);
  run();
  EXPECT_EQ(bob.texts(), left("r"));
  EXPECT_EQ(revoke(0, "r"), 0) << "nobody is in it";
  ann.broadcast("other", "2");
  run();
  EXPECT_EQ(ann.contents(), "2");
  finish({&ann, &bob});
}

TEST_F(LostRoomsTest, WhoWatchesItWatchesNoLonger) {
  Peer ann = open(), bob = member_as("r", "bob");
  ann.say(R"({"type":"join","room_id":"r","user_id":"ann","presence":true})");
  run();
  pass(2s);
  ann.texts();
  EXPECT_EQ(revoke(0, "r", "ann"), 1);
  run();
  EXPECT_EQ(ann.texts(), left("r"));
  bob.leave("r");
  run();
  pass(30s);
  EXPECT_EQ(ann.texts(), "");
  finish({&ann, &bob});
}

TEST_F(LostRoomsTest, AJoinThatIsUnderWayIsAnsweredFirst) {
  start(2);
  const std::string room = room_at(0);
  Peer ann = open(1);
  ann.join(room, "ann");
  shards[1]->turn();
  EXPECT_EQ(revoke(1, room), 1);
  EXPECT_EQ(ann.texts(), "");
  run();
  const std::string told = ann.texts();
  EXPECT_TRUE(told.starts_with(R"({"type":"joined")")) << told;
  EXPECT_TRUE(told.ends_with(left(room))) << told;
  finish({&ann});
}

TEST_F(LostRoomsTest, WhoGoesMeanwhileIsForgotten) {
  start(2);
  const std::string room = room_at(0);
  Peer ann = open(1);
  ann.join(room, "ann");
  shards[1]->turn();
  EXPECT_EQ(revoke(1, room), 1);
  ann.reset();
  run();
  pass(5s);
  expect_nothing_left();
}

}  // namespace
}  // namespace switchboard::shard
