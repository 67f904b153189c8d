// Rooms whose messages a store keeps: what sessions are told, on whichever shard they are.
#include "broker/told_channel.h"
#include "protocol/push.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

using broker::StoreCommitted;
using broker::StoreFailed;
using broker::StoreOpened;
using protocol::ErrorCode;

class ShardHomeTest : public ShardTest {
 protected:
  broker::StoreChannel* store_of(std::uint32_t shard) override { return shard == 0 ? &store : nullptr; }

  /// The room whose home is shard 0, as it stands at 10 of "k3". The first `member` opens it.
  std::string room() {
    if (shards.empty()) start(2);
    return room_at(0);
  }
  void opened(std::size_t request = 0) {
    store.answer(request, StoreOpened{.first = Seq{1}, .last = Seq{10}, .epoch = "k3"});
  }
  void committed(std::size_t request, std::uint64_t seq, std::string epoch = "") {
    const auto& publish = store.request<broker::StorePublish>(request);
    std::string record;
    broker::append_record(
        record, {.seq = Seq{seq}, .ts = 1, .content = publish.content, .sender = publish.sender, .to = publish.to});
    store.answer(request, StoreCommitted{
                              .seq = Seq{seq}, .first = Seq{1}, .epoch = std::move(epoch), .ts = 1, .record = record});
  }
  Peer first_member(std::size_t on_shard, std::string_view handshake = session::kUpgrade) {
    const std::string name = room();
    Peer peer = open(on_shard, handshake);
    peer.join(name);
    run();
    EXPECT_EQ(peer.texts(), "") << "the room is not open yet";
    opened();
    run();
    EXPECT_TRUE(peer.texts().starts_with("{\"type\":\"joined\""));
    return peer;
  }

  broker::ToldChannel store;
};

TEST_F(ShardHomeTest, APublishIsAcknowledgedAndDeliveredOnceItIsCommitted) {
  for (const std::size_t on : {0u, 1u}) {
    Peer peer = first_member(on);
    peer.broadcast(room(), "1", R"(,"id":7)");
    run();
    EXPECT_EQ(peer.texts(), "");
    EXPECT_GT(store.flushes, 0);
    committed(1, 11);
    EXPECT_TRUE(shards[0]->has_work());
    run();
    const std::string got = peer.texts();
    EXPECT_NE(got.find(R"({"type":"ack","id":7,"room_id":")" + room() + R"(","seq":11,"epoch":"k3","ts":1})"),
              std::string::npos)
        << got;
    EXPECT_NE(got.find(R"("content":1,"sender":"u","seq":11,"ts":1})"), std::string::npos) << got;
    peer.finish();
    expect_nothing_left();
    store.requests.clear();
  }
}

TEST_F(ShardHomeTest, CommandsThatWaitForTheOutcomeGoOnAfterIt) {
  Peer peer = first_member(0);
  peer.broadcast(room(), "1", R"(,"id":7)");
  peer.leave(room());
  peer.say(R"({"type":"ping"})");
  run();
  EXPECT_EQ(peer.texts(), "");
  committed(1, 11);
  run();
  const std::string got = peer.texts();
  EXPECT_LT(got.find("\"ack\""), got.find("\"left\"")) << got;
  EXPECT_TRUE(got.ends_with("{\"type\":\"pong\"}\n")) << got;
  peer.finish();
  expect_nothing_left();
}

TEST_F(ShardHomeTest, AnyNumberOfJoinsMayWaitForARoomToOpenAndRingsDoNotOverflow) {
  start(2, 4);
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(open(i % 10 == 0 ? 0 : 1));
    peers.back().join(room());
    run();
  }
  opened();
  run();
  for (Peer& peer : peers) {
    EXPECT_TRUE(peer.texts().starts_with("{\"type\":\"joined\""));
    peer.finish();
  }
  expect_nothing_left();
}

TEST_F(ShardHomeTest, ARoomThatCannotBeOpenedRefusesEveryJoin) {
  start(2);
  std::vector<Peer> peers = {open(0), open(1)};
  for (Peer& peer : peers) {
    peer.join(room());
    peer.say(R"({"type":"ping"})");
  }
  run();
  store.answer(0, StoreFailed{broker::Failure::kUnavailable});
  run();
  for (Peer& peer : peers) {
    const std::string got = peer.texts();
    EXPECT_NE(got.find("\"code\":\"unavailable\""), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("{\"type\":\"pong\"}\n")) << got;
    peer.finish();
  }
  expect_nothing_left();
}

TEST_F(ShardHomeTest, WhoGoesWhileItsRoomIsOpenedLeavesNothing) {
  start(2);
  std::vector<Peer> peers = {open(0), open(1)};
  for (Peer& peer : peers) {
    peer.stream->room = 0;
    peer.say(R"({"type":"ping"})");
    peer.join(room());
  }
  run();
  for (Peer& peer : peers)
    peer.vanish();
  for (auto& one : shards)
    one->turn();
  for (Peer& peer : peers)
    EXPECT_TRUE(peer.is_gone());
  opened();
  run();
  expect_nothing_left();
}

TEST_F(ShardHomeTest, AnOutcomeThatTakesTooLongIsUnavailableButWhatIsCommittedArrives) {
  for (const std::size_t on : {0u, 1u}) {
    Peer peer = first_member(on);
    peer.broadcast(room(), "1", R"(,"id":7)");
    run();
    ASSERT_TRUE(shards[0]->next_deadline());
    EXPECT_LE(*shards[0]->next_deadline(), clock.peek() + 5s);
    pass(4s);
    EXPECT_EQ(peer.texts(), "");
    pass(1s);
    const std::string got = peer.texts();
    EXPECT_NE(got.find(R"("code":"unavailable")"), std::string::npos) << got;
    EXPECT_NE(got.find(R"("id":7,"retryable":true)"), std::string::npos) << got;
    committed(1, 11);
    run();
    EXPECT_EQ(peer.contents(), "1");
    peer.finish();
    expect_nothing_left();
    store.requests.clear();
  }
}

constexpr std::uint32_t kWindow = 10;

TEST_F(ShardHomeTest, WhoFillsTheStoreIsPausedAndOthersAreNot) {
  settings.history.publishing.connection_messages_max = kWindow;
  Peer flooder = first_member(0);
  Peer other = open(0);
  other.join(room(), "other");
  run();
  other.texts();
  constexpr std::size_t kSent = 3 * kWindow;
  for (std::size_t i = 0; i < kSent; ++i)
    flooder.broadcast(room(), "1", R"(,"echo":false)");
  run();
  EXPECT_EQ(store.requests.size(), 1 + kWindow) << "what it may have under way";
  EXPECT_FALSE(shards[0]->has_work()) << "it waits without being asked";
  other.broadcast(room(), "2", R"(,"id":7)");
  run();
  EXPECT_EQ(store.requests.size(), 2 + kWindow);

  std::uint64_t seq = 10;
  std::size_t answered = 1;
  while (answered < store.requests.size()) {
    for (; answered < store.requests.size(); ++answered)
      committed(answered, ++seq);
    run();
  }
  EXPECT_EQ(answered, 1 + kSent + 1) << "everything comes to its turn, and nothing is refused";
  EXPECT_EQ(flooder.texts().find("error"), std::string::npos);
  EXPECT_NE(other.texts().find(R"("type":"ack")"), std::string::npos);
  flooder.finish();
  other.finish();
  run();
  expect_nothing_left();
}

TEST_F(ShardHomeTest, WhoIsPausedIsToldWhenTheStoreTakesTooLong) {
  settings.history.publishing.connection_messages_max = kWindow;
  Peer flooder = first_member(0);
  for (std::size_t i = 0; i < kWindow + 1; ++i)
    flooder.broadcast(room(), "1");
  flooder.say(R"({"type":"ping"})");
  run();
  EXPECT_EQ(flooder.texts(), "");
  pass(5s);
  run();
  const std::string got = flooder.texts();
  EXPECT_NE(got.find(R"("code":"unavailable")"), std::string::npos);
  EXPECT_TRUE(got.ends_with("{\"type\":\"pong\"}\n")) << "it goes on";
  flooder.finish();
  for (std::size_t i = 1; i < store.requests.size(); ++i)
    committed(i, 10 + i);
  run();
  expect_nothing_left();
}

TEST_F(ShardHomeTest, AStoreThatTakesNothingMoreRefusesPublishesAtOnce) {
  Peer near = first_member(0);
  Peer far = open(1);
  far.join(room());
  run();
  far.texts();
  store.is_full = true;
  for (Peer* peer : {&near, &far}) {
    peer->broadcast(room(), "1", R"(,"id":7)");
    run();
    EXPECT_NE(peer->texts().find(R"("code":"unavailable")"), std::string::npos);
    peer->finish();
  }
  expect_nothing_left();
}

TEST_F(ShardHomeTest, ADuplicateIsAcknowledgedAsOne) {
  for (const std::size_t on : {0u, 1u}) {
    Peer peer = first_member(on);
    peer.broadcast(room(), "1", R"(,"id":7,"dedup":"d")");
    run();
    EXPECT_EQ(store.request<broker::StorePublish>(1).dedup, "d");
    store.answer(
        1, StoreCommitted{.seq = Seq{4}, .first = Seq{1}, .epoch = "", .ts = 1, .record = "", .is_duplicate = true});
    run();
    const std::string got = peer.texts();
    EXPECT_NE(got.find(R"("seq":4,"epoch":"k3","ts":1,"duplicate":true})"), std::string::npos) << got;
    EXPECT_EQ(std::ranges::count(got, '\n'), 1) << "nothing is delivered: " << got;
    peer.finish();
    expect_nothing_left();
    store.requests.clear();
  }
}

TEST_F(ShardHomeTest, WhereItIsAllowedOnePublishesWithoutHavingJoined) {
  settings.rooms = room::RoomSettingsTable({.publish_from_outside = true});
  Peer reader = first_member(1);
  std::size_t request = 1;
  std::uint64_t seq = 11;
  for (const std::size_t on : {0u, 1u}) {
    Peer peer = open(on);
    peer.join("elsewhere");  // names its user
    run();
    opened(request++);
    run();
    peer.texts();
    peer.broadcast(room(), "1", R"(,"id":7)");
    run();
    committed(request++, seq++);
    run();
    const std::string got = peer.texts();
    EXPECT_TRUE(got.starts_with(R"({"type":"ack","id":7,"room_id":")" + room())) << got;
    EXPECT_EQ(std::ranges::count(got, '\n'), 1) << got;
    EXPECT_EQ(reader.contents(), "1");
    peer.finish();
  }
  reader.finish();
  expect_nothing_left();
}

TEST_F(ShardHomeTest, MembersAreToldOfAnotherEpochAndGoOnInIt) {
  Peer near = first_member(0, session::kUpgradeV1);
  Peer far = open(1, session::kUpgradeV1);
  Peer slow = open(1);
  for (Peer* peer : {&far, &slow}) {
    peer->join(room());
    run();
    peer->texts();
  }
  slow.allow(0);
  near.broadcast(room(), "1");
  run();
  committed(1, 11);
  run();
  EXPECT_EQ(near.contents() + far.contents(), "11");
  near.broadcast(room(), "2");
  run();
  committed(2, 1, "q9");
  run();
  const std::string first =
      R"({"type":"broadcast","room_id":")" + room() + R"(","content":2,"sender":"u","seq":1,"ts":1})" + "\n";
  for (Peer* peer : {&near, &far}) {
    EXPECT_EQ(peer->texts(),
              R"({"type":"epoch_changed","room_id":")" + room() + R"(","epoch":"q9","seq":0})" + "\n" + first);
  }
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(slow.texts(), first) << "of the epoch before nothing is left";
  for (Peer* peer : {&near, &far, &slow})
    peer->finish();
  expect_nothing_left();
}

}  // namespace
}  // namespace switchboard::shard
