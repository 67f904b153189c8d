// Direct messages that a store keeps: what becomes of them while it takes its time, fails, or has lost what it had.
#include "broker/told_channel.h"
#include "protocol/push.h"
#include "shard/direct_driver.h"

namespace switchboard::shard {
namespace {

using broker::StoreCommitted;
using broker::StoreFailed;
using broker::StoreOpen;
using broker::StoreOpened;
using broker::StorePublish;
using protocol::ErrorCode;

class DirectStoreTest : public DirectTest {
 protected:
  DirectStoreTest() {
    // Only what users are sent is kept.
    settings.rooms = room::RoomSettingsTable({.history = false});
    settings.rooms.set("@", {.history = true});
    start(2);
  }
  broker::StoreChannel* store_of(std::uint32_t shard) override { return &stores[shard]; }

  /// Answers what has been asked of all stores since the last time, with these numbers' successor for each room.
  void answer_all(std::string_view epoch = "") {
    for (std::size_t i = 0; i < 2; ++i) {
      for (; answered[i] < stores[i].requests.size(); ++answered[i]) {
        if (std::holds_alternative<StoreOpen>(stores[i].requests[answered[i]].what)) {
          stores[i].answer(answered[i], StoreOpened{.first = Seq{1}, .last = Seq{0}, .epoch = "k3"});
        } else {
          commit(i, answered[i], epoch);
        }
      }
    }
    run();
  }
  void commit(std::size_t shard, std::size_t request, std::string_view epoch) {
    const auto& publish = stores[shard].request<StorePublish>(request);
    Seq& last = last_of[publish.room_id];
    last = last.next();
    std::string record;
    broker::append_record(
        record, {.seq = last, .ts = 1, .content = publish.content, .sender = publish.sender, .to = publish.to});
    stores[shard].answer(
        request, StoreCommitted{.seq = last, .first = Seq{1}, .epoch = std::string(epoch), .ts = 1, .record = record});
  }
  void fail_all() {
    for (std::size_t i = 0; i < 2; ++i) {
      for (; answered[i] < stores[i].requests.size(); ++answered[i])
        stores[i].answer(answered[i], StoreFailed{broker::Failure::kUnavailable});
    }
    run();
  }

  std::array<broker::ToldChannel, 2> stores;
  std::array<std::size_t, 2> answered{};
  std::map<std::string, Seq> last_of;
};

TEST_F(DirectStoreTest, WhatIsSentWhileTheRoomOpensArrivesInOrder) {
  for (std::uint32_t home = 0; home < 2; ++home) {
    const std::string bob = user_at(home);
    Peer alice = user("alice", 0);
    Peer here = user(bob, 0);
    Peer there = user(bob, 1);
    direct(alice, bob, "1");
    direct(alice, bob, "2", R"(,"id":7)");
    run();
    EXPECT_EQ(here.contents(), "");
    answer_all();  // is open
    direct(alice, bob, "3");
    run();
    answer_all();
    EXPECT_EQ(here.contents(), "1 2 3");
    EXPECT_EQ(there.contents(), "1 2 3");
    EXPECT_EQ(field(alice.texts(), "seq"), "2");
    for (Peer* peer : {&alice, &here, &there})
      peer->finish();
  }
  expect_nothing_left();
}

TEST_F(DirectStoreTest, AMessageThatCannotBeKeptIsRefusedOnceThoughItWasCopied) {
  for (std::uint32_t home = 0; home < 2; ++home) {
    const std::string bob = user_at(home);
    Peer sending = user("alice", 0);
    Peer other = user("alice", 1);
    Peer receiving = user(bob, 0);
    for (const bool is_open : {false, true}) {
      direct(sending, bob, "1", R"(,"own_devices":true,"id":7)");
      run();
      if (is_open) {
        for (std::size_t i = 0; i < 2; ++i) {
          for (; answered[i] < stores[i].requests.size(); ++answered[i])
            stores[i].answer(answered[i], StoreOpened{.first = Seq{1}, .last = Seq{0}, .epoch = "k3"});
        }
        run();
      }
      fail_all();
      const std::string answers = sending.texts();
      EXPECT_EQ(std::ranges::count(answers, '\n'), 1) << answers;
      EXPECT_EQ(field(answers, "code"), "\"unavailable\"");
      EXPECT_EQ(field(answers, "id"), "7");
      EXPECT_EQ(other.texts(), "");
      EXPECT_EQ(receiving.texts(), "");
    }
  }
}

TEST_F(DirectStoreTest, AMessageThatTakesTooLongIsRefusedOnceAndArrivesAllTheSame) {
  const std::string bob = user_at(1);
  Peer sending = user("alice", 0);
  Peer other = user("alice", 1);
  Peer receiving = user(bob, 0);
  direct(sending, bob, "1", R"(,"own_devices":true,"id":7)");
  run();
  answer_all();
  pass(10s);
  const std::string answers = sending.texts();
  EXPECT_EQ(std::ranges::count(answers, '\n'), 1) << answers;
  EXPECT_EQ(field(answers, "code"), "\"unavailable\"");
  answer_all();
  EXPECT_EQ(sending.texts(), "");
  EXPECT_EQ(other.contents(), "1");
  EXPECT_EQ(receiving.contents(), "1");
}

TEST_F(DirectStoreTest, ARoomThatBeginsAnewIsToldToWhoJoinedItAndGoesOnForAll) {
  for (std::uint32_t home = 0; home < 2; ++home) {
    const std::string bob = user_at(home);
    Peer alice = user("alice", 0);
    Peer joined = user(bob, 0, session::kUpgradeV1);
    Peer live = user(bob, 0, session::kUpgradeV1);
    Peer far = user(bob, 1, session::kUpgradeV1);
    join_own(joined);
    run();
    answer_all();
    EXPECT_EQ(field(joined.texts(), "type"), "\"joined\"");
    direct(alice, bob, "1");
    run();
    answer_all();
    for (Peer* peer : {&joined, &live, &far})
      EXPECT_EQ(peer->contents(), "1");
    direct(alice, bob, "2");
    run();
    last_of.clear();
    answer_all("q9");
    const std::string told = joined.texts();
    EXPECT_EQ(field(told, "type"), "\"epoch_changed\"") << told;
    EXPECT_NE(told.find("\"content\":2"), std::string::npos) << told;
    const std::string heard = live.texts();
    EXPECT_EQ(field(heard, "content"), "2") << heard << "and nothing of a room it has not joined";
    EXPECT_EQ(std::ranges::count(heard, '\n'), 1) << heard;
    const std::string elsewhere = far.texts();
    EXPECT_EQ(field(elsewhere, "content"), "2") << elsewhere;
    EXPECT_EQ(field(elsewhere, "seq"), "1") << elsewhere;
    for (Peer* peer : {&alice, &joined, &live, &far})
      peer->finish();
    run();
    last_of.clear();
  }
  expect_nothing_left();
}

}  // namespace
}  // namespace switchboard::shard
