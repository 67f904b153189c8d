#include "shard/exchange.h"

#include <bit>

#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

class ExchangeTest : public ShardTest {
 protected:
  void turn(std::size_t index) { shards[index]->turn(); }
};

TEST_F(ExchangeTest, MembersOnSeveralShardsGetEveryMessageInOneOrder) {
  start(3);
  for (std::uint32_t home = 0; home < 3; ++home) {
    const std::string room = room_at(home);
    std::vector<Peer> peers = {member(room, 0), member(room, 1), member(room, 2), member(room, 1)};
    for (int i = 0; i < 30; ++i)
      peers[static_cast<std::size_t>(i) % 3].broadcast(room, std::to_string(i));
    run();
    const std::string got = peers[0].contents();
    EXPECT_EQ(std::ranges::count(got, ' '), 29);
    for (Peer& peer : peers) {
      if (&peer != &peers[0]) {
        EXPECT_EQ(peer.contents(), got);
      }
      peer.finish();
    }
    expect_nothing_left();
  }
}

TEST_F(ExchangeTest, APublisherElsewhereIsAcknowledgedWithTheNumber) {
  start(2);
  const std::string room = room_at(0);
  Peer far = member(room, 1);
  far.broadcast(room, "1", R"(,"id":7,"echo":false)");
  run();
  const std::string got = far.texts();
  EXPECT_TRUE(got.starts_with(R"({"type":"ack","id":7,"room_id":")" + room + R"(","seq":1,"epoch":")")) << got;
  EXPECT_EQ(std::ranges::count(got, '\n'), 1) << "its own message is kept from it there, too";
}

TEST_F(ExchangeTest, NothingOfARoomComesBeforeJoined) {
  start(2);
  const std::string room = room_at(0);
  Peer near = member(room, 0);
  Peer far = open(1);
  far.join(room);
  near.broadcast(room, "1");  // before the home has heard of the join
  turn(0);
  near.broadcast(room, "2");
  run();
  const std::string got = far.texts();
  EXPECT_TRUE(got.starts_with("{\"type\":\"joined\"")) << got;
  EXPECT_EQ(got.find("\"content\":1"), std::string::npos);
  EXPECT_NE(got.find("\"content\":2"), std::string::npos);
}

TEST_F(ExchangeTest, CommandsBehindAJoinUnderWayWaitForIt) {
  start(2);
  const std::string room = room_at(0);
  Peer far = open(1);
  far.join(room);
  far.broadcast(room, "1");
  far.leave(room);
  far.say(R"({"type":"ping"})");
  turn(1);
  EXPECT_EQ(far.stream->from_server, "");
  run();
  const std::string got = far.texts();
  EXPECT_TRUE(got.starts_with("{\"type\":\"joined\"")) << got;
  EXPECT_TRUE(got.ends_with("{\"type\":\"left\",\"room_id\":\"" + room + "\"}\n{\"type\":\"pong\"}\n")) << got;
  far.finish();
  expect_nothing_left();
}

TEST_F(ExchangeTest, WhoGoesWhileItsJoinIsUnderWayIsNotCounted) {
  start(2);
  const std::string room = room_at(0);
  Peer far = open(1);
  far.stream->room = 0;
  far.say(R"({"type":"ping"})");
  far.join(room);
  far.vanish();
  turn(1);
  EXPECT_TRUE(far.is_gone());
  run();
  expect_nothing_left();
}

TEST_F(ExchangeTest, AConnectionThatIsResetWhileItsJoinIsUnderWayEndsWithTheAnswer) {
  start(2);
  Peer far = open(1);
  far.join(room_at(0));
  far.reset();
  run();
  EXPECT_TRUE(far.is_gone());
  expect_nothing_left();
}

TEST_F(ExchangeTest, AResultForAConnectionThatIsGoneReachesNobodyElse) {
  start(2);
  const std::string room = room_at(0);
  Peer far = open(1);
  far.stream->room = 0;
  far.say(R"({"type":"ping"})");
  far.join(room);
  far.vanish();
  turn(1);
  Peer next = open(1);  // the same slot
  ASSERT_EQ(next.id.index, far.id.index);
  run();
  EXPECT_EQ(next.texts(), "");
  next.join(room);
  run();
  EXPECT_TRUE(next.texts().starts_with("{\"type\":\"joined\""));
  next.finish();
  expect_nothing_left();
}

TEST_F(ExchangeTest, LeavingAndJoiningAgainBeforeTheHomeHearsOfItGetsNothingTwice) {
  start(2);
  const std::string room = room_at(0);
  Peer near = member(room, 0);
  Peer far = member(room, 1);
  near.broadcast(room, "1");
  turn(0);  // its result is on the way
  far.leave(room);
  far.join(room);
  near.broadcast(room, "2");
  run();
  near.broadcast(room, "3");
  run();
  EXPECT_EQ(far.contents(), "3");
  far.finish();
  near.finish();
  expect_nothing_left();
}

TEST_F(ExchangeTest, AViewWhoseRoomEndedAtHomeWhileAJoinWasUnderWayBeginsAnew) {
  settings.rooms = room::RoomSettingsTable({.members_max = 1});
  start(2);
  const std::string room = room_at(0);
  Peer first = member(room, 1);
  first.broadcast(room, "1");
  run();
  Peer refused = open(1);
  refused.join(room);  // the room is full when the home hears of it
  first.leave(room);   // then the room ends there
  Peer last = open(1);
  last.join(room);  // and begins again, counting from 1
  run();
  EXPECT_NE(refused.texts().find("\"room_full\""), std::string::npos);
  EXPECT_TRUE(last.texts().starts_with("{\"type\":\"joined\""));
  last.broadcast(room, "2");
  run();
  EXPECT_EQ(last.contents(), "2");
  for (Peer* peer : {&first, &refused, &last})
    peer->finish();
  expect_nothing_left();
}

TEST_F(ExchangeTest, TheMembersOfOneRoomAreCountedOverAllShards) {
  settings.rooms = room::RoomSettingsTable({.members_max = 3});
  start(2);
  const std::string room = room_at(0);
  std::vector<Peer> peers = {member(room, 0), member(room, 1), member(room, 1)};
  for (std::size_t on = 0; on < 2; ++on) {
    Peer more = open(on);
    more.join(room);
    run();
    EXPECT_NE(more.texts().find("\"room_full\""), std::string::npos);
    more.finish();
  }
  peers[1].leave(room);
  run();
  peers.push_back(member(room, 0));
  for (Peer& peer : peers)
    peer.finish();
  expect_nothing_left();
}

TEST_F(ExchangeTest, AHomeHoldsSoManyRoomsAndNoMore) {
  settings.rooms_max = 2;
  start(2);
  const auto nth_room = [&](int n) {
    for (int i = 0;; ++i) {
      const std::string name = "r" + std::to_string(i);
      if (siphash13(kKey, name) % 2 == 0 && n-- == 0) return name;
    }
  };
  Peer near = member(nth_room(0), 0);
  Peer far = member(nth_room(1), 1);
  for (Peer* peer : {&near, &far}) {
    peer->join(nth_room(2));
    run();
    EXPECT_NE(peer->texts().find("\"limit_reached\""), std::string::npos);
    peer->join(nth_room(0));
    run();
    EXPECT_TRUE(peer->texts().starts_with("{\"type\":\"joined\"")) << "it exists already";
  }
  near.finish();
  far.finish();
  expect_nothing_left();
}

// --- full rings ------------------------------------------------------------------------------------------------------

TEST_F(ExchangeTest, AFullRingMakesOnlyItsPublisherWaitAndLosesNothing) {
  start(2, 4);
  const std::string room = room_at(0);
  const std::string local = room_at(1);
  Peer reader = member(room, 0);
  Peer publisher = member(room, 1);
  Peer other = member(local, 1);
  for (int i = 0; i < 100; ++i)
    publisher.broadcast(room, std::to_string(i), R"(,"id":1)");
  turn(1);
  turn(1);
  EXPECT_GT(shards[1]->stats().waits.value(), 0u);
  other.broadcast(local, "1");
  turn(1);
  EXPECT_EQ(other.contents(), "1");
  run();
  std::string expected;
  for (int i = 0; i < 100; ++i)
    expected += (i == 0 ? "" : " ") + std::to_string(i);
  EXPECT_EQ(reader.contents(), expected);
  EXPECT_EQ(publisher.frames().size(), 200u) << "each message and each acknowledgement";
}

TEST_F(ExchangeTest, TwoShardsThatPublishToEachOtherThroughFullRingsDoNotWaitForEachOther) {
  start(2, 4);
  const std::string a = room_at(0);
  const std::string b = room_at(1);
  std::vector<Peer> peers;
  for (std::size_t on = 0; on < 2; ++on) {
    for (int i = 0; i < 3; ++i) {
      peers.push_back(member(a, on));
      peers.back().join(b);
      run();
      peers.back().texts();
    }
  }
  for (int i = 0; i < 50; ++i) {
    for (Peer& peer : peers) {
      peer.broadcast(a, "1", R"(,"id":1)");
      peer.broadcast(b, "2", R"(,"id":2)");
    }
  }
  run();
  for (Peer& peer : peers) {
    EXPECT_EQ(peer.frames().size(), 2u * 50 * peers.size() + 100);
    peer.finish();
  }
  expect_nothing_left();
}

TEST_F(ExchangeTest, ALeaveThatFindsTheRingFullIsNotLost) {
  start(2, 2);
  const std::string room = room_at(0);
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i)
    peers.push_back(member(room, 1));
  for (Peer& peer : peers)
    peer.reset();
  Peer again = open(1);
  again.join(room);  // behind the leaves
  run();
  EXPECT_TRUE(again.texts().starts_with("{\"type\":\"joined\""));
  EXPECT_EQ(shards[0]->stats().home_rooms.value(), 1u);
  again.finish();
  expect_nothing_left();
}

TEST_F(ExchangeTest, AJoinThatFindsTheRingFullIsTriedAgain) {
  start(2, 2);
  const std::string room = room_at(0);
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) {
    peers.push_back(open(1));
    peers.back().join(room);
  }
  for (int i = 0; i < 5; ++i)
    turn(1);
  run();
  for (Peer& peer : peers) {
    EXPECT_TRUE(peer.texts().starts_with("{\"type\":\"joined\""));
    peer.finish();
  }
  expect_nothing_left();
}

TEST_F(ExchangeTest, AConnectionThatGoesWhileItsCommandWaitsLeavesNothing) {
  start(2, 2);
  const std::string room = room_at(0);
  Peer publisher = member(room, 1);
  for (int i = 0; i < 10; ++i)
    publisher.broadcast(room, "1");
  Peer joiner = open(1);
  joiner.join(room);
  shards[1]->drain(0s);
  pass(10s);
  EXPECT_TRUE(publisher.is_gone());
  EXPECT_TRUE(joiner.is_gone());
  expect_nothing_left();
}

TEST_F(ExchangeTest, AShardThatSleepsIsWokenByWhatIsSentToIt) {
  start(2);
  int woken = 0;
  exchange->set_waker(0, [&] { ++woken; });
  const std::string room = room_at(0);
  Peer far = open(1);
  exchange->sleep(0).announce_sleep();
  far.join(room);
  turn(1);
  EXPECT_EQ(woken, 1);
  turn(1);
  EXPECT_EQ(woken, 1);
  exchange->sleep(0).awake();
  run();
  EXPECT_TRUE(far.texts().starts_with("{\"type\":\"joined\""));
}

TEST_F(ExchangeTest, AJoinRefusedWhileTheLastMemberLeavesDoesNotKeepTheLogOfBefore) {
  settings.rooms = room::RoomSettingsTable({.members_max = 2});
  start(2);
  const std::string room = room_at(0);
  Peer near = member(room, 0);
  Peer far = member(room, 1);
  Peer refused = open(1);
  refused.join(room);
  turn(1);
  far.leave(room);
  turn(1);
  turn(0);                    // refuses the join, then stops telling the other shard
  near.broadcast(room, "1");  // so of this nothing is heard there
  Peer next = open(1);
  next.join(room);  // before the refusal is known there
  run();
  near.broadcast(room, "2");
  run();
  EXPECT_NE(refused.texts().find("room_full"), std::string::npos);
  EXPECT_EQ(next.contents(), "2");
  for (Peer* peer : {&near, &far, &refused, &next})
    peer->finish();
  expect_nothing_left();
}

// --- memory ----------------------------------------------------------------------------------------------------------

TEST(ExchangeMemory, IsBoundedForAnyNumberOfShardsAndRingsStayUseful) {
  for (std::uint32_t shards = 1; shards <= 64; ++shards) {
    const std::size_t slots = Exchange::ring_slots_for(shards);
    EXPECT_TRUE(std::has_single_bit(slots)) << shards;
    EXPECT_GE(slots, Exchange::kRingSlotsMin) << shards;
    EXPECT_LE(Exchange::ring_bytes(shards, slots), Exchange::kRingBytesMax) << shards;
    if (shards > 1) {
      EXPECT_LE(slots, Exchange::ring_slots_for(shards - 1)) << shards;
    }
  }
  EXPECT_EQ(Exchange::ring_slots_for(1), Exchange::kRingSlotsMax);
  EXPECT_EQ(Exchange::ring_slots_for(16), Exchange::kRingSlotsMax) << "few shards lose nothing";
}

TEST(ExchangeMemory, IsThatOfTheSlotsAskedFor) {
  Exchange exchange(3);
  for (std::uint32_t from = 0; from < 3; ++from) {
    for (std::uint32_t to = 0; to < 3; ++to) {
      if (from == to) continue;
      EXPECT_EQ(exchange.requests(from, to).capacity(), Exchange::ring_slots_for(3));
      EXPECT_EQ(exchange.results(from, to).capacity(), Exchange::ring_slots_for(3));
    }
  }
}

}  // namespace
}  // namespace switchboard::shard
