#include "broker/store_broker.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "broker/broker_log.h"
#include "broker/told_channel.h"
#include "support/manual_clock.h"

namespace switchboard::broker {
namespace {

using namespace std::chrono_literals;
using Order = std::vector<std::string>;

constexpr TopicId kRoom{.index = 3, .generation = 1};
constexpr TopicId kAgain{.index = 3, .generation = 3};

const std::string kRecord = [] {
  std::string record;
  append_record(record, {.seq = {}, .ts = 99, .content = "1", .sender = "ann", .to = "bob"});
  return record;
}();

class StoreBrokerTest : public testing::Test {
 protected:
  void open(TopicId topic = kRoom) { broker.open(topic, "room", settings); }
  /// The room stands at 10 of "k3"; one request is done.
  void open_at_10() {
    open();
    store.answer(0, StoreOpened{.first = Seq{4}, .last = Seq{10}, .epoch = "k3"});
    ASSERT_TRUE(broker.take_answer());
    log.order.clear();
  }
  void publish(std::string_view command_id = "7", bool echo = true) {
    broker.publish(kRoom, {.room_id = "room",
                           .content = "1",
                           .sender = "ann",
                           .to = "bob",
                           .dedup = "d",
                           .command_id = command_id,
                           .origin = {.shard = 2, .connection = {5, 1}, .wants_ack = true},
                           .echo = echo});
  }
  static StoreCommitted committed(std::uint64_t seq, std::string epoch = "") {
    return {.seq = Seq{seq}, .first = Seq{5}, .epoch = std::move(epoch), .ts = 99, .record = kRecord};
  }
  static StoreCommitted duplicate(std::uint64_t seq, std::uint64_t last, std::string epoch) {
    StoreCommitted found = committed(seq, std::move(epoch));
    found.record.clear();
    found.is_duplicate = true;
    found.last = Seq{last};
    return found;
  }

  test::ManualClock clock;
  BrokerLog log;
  ToldChannel store;
  room::RoomSettings settings{.retention = {.messages = 50}, .durability = room::Durability::kPower};
  StoreBroker broker{log, clock, store, 5s};
};

TEST_F(StoreBrokerTest, OpensWithWhereTheStoreSaysTheRoomStands) {
  open();
  EXPECT_EQ(store.request<StoreOpen>(0).room_id, "room");
  EXPECT_EQ(store.request<StoreOpen>(0).durability, room::Durability::kPower);
  EXPECT_FALSE(broker.take_answer());
  EXPECT_TRUE(log.order.empty());
  store.answer(0, StoreOpened{.first = Seq{4}, .last = Seq{10}, .epoch = "k3"});
  EXPECT_TRUE(broker.has_answer());
  EXPECT_TRUE(broker.take_answer());
  ASSERT_EQ(log.opened, std::vector{kRoom});
  EXPECT_EQ(broker.head(kRoom).first, Seq{4});
  EXPECT_EQ(broker.head(kRoom).last, Seq{10});
  EXPECT_EQ(broker.head(kRoom).epoch, "k3");
  EXPECT_EQ(broker.under_way(), 0u);
}

TEST_F(StoreBrokerTest, CopiesWhatAPublishNeedsAndTellsItsPublisherAgain) {
  open_at_10();
  publish("\"x\"", false);
  const auto& request = store.request<StorePublish>(1);
  EXPECT_EQ(request.room_id, "room");
  EXPECT_EQ(request.content, "1");
  EXPECT_EQ(request.sender, "ann");
  EXPECT_EQ(request.to, "bob");
  EXPECT_EQ(request.dedup, "d");
  EXPECT_EQ(request.retention, settings.retention);
  EXPECT_EQ(request.durability, room::Durability::kPower);
  store.answer(1, committed(11));
  broker.take_answer();
  ASSERT_EQ(log.committed.size(), 1u);
  const auto& told = log.committed[0];
  EXPECT_EQ(told.room_id, "room");
  EXPECT_EQ(told.command_id, "\"x\"");
  EXPECT_EQ(told.origin.shard, 2u);
  EXPECT_EQ(told.origin.connection, (SlotId{5, 1}));
  EXPECT_TRUE(told.origin.wants_ack);
  EXPECT_FALSE(told.echo);
  EXPECT_EQ(told.seq, Seq{11});
  EXPECT_EQ(told.epoch, "k3");
  EXPECT_EQ(told.ts, 99);
  EXPECT_EQ(told.content, "1");
  EXPECT_EQ(told.sender, "ann");
  EXPECT_EQ(told.to, "bob");
  EXPECT_EQ(broker.head(kRoom).last, Seq{11});
  EXPECT_EQ(broker.head(kRoom).first, Seq{5});
}

TEST_F(StoreBrokerTest, ACommitThatIsNoMessageHasFailed) {
  open_at_10();
  publish();
  StoreCommitted answer = committed(11);
  answer.record = "?";
  store.answer(1, std::move(answer));
  broker.take_answer();
  EXPECT_EQ(log.order, Order{"refused"});
  EXPECT_EQ(log.refused.at(0).failure, Failure::kUnavailable);
}

TEST_F(StoreBrokerTest, TellsOneAnswerACall) {
  open_at_10();
  publish();
  publish();
  store.answer(1, committed(11));
  store.answer(2, committed(12));
  EXPECT_TRUE(broker.take_answer());
  EXPECT_EQ(log.committed.size(), 1u);
  EXPECT_TRUE(broker.take_answer());
  EXPECT_EQ(log.committed[1].seq, Seq{12});
  EXPECT_FALSE(broker.take_answer());
}

TEST_F(StoreBrokerTest, ADuplicateMovesNothing) {
  for (const std::string epoch : {"", "k3"}) {
    open_at_10();
    publish();
    store.answer(1, duplicate(7, 10, epoch));
    broker.take_answer();
    EXPECT_EQ(log.order, Order{"committed"});
    EXPECT_TRUE(log.committed[0].is_duplicate);
    EXPECT_EQ(log.committed[0].seq, Seq{7});
    EXPECT_EQ(broker.head(kRoom).last, Seq{10});
    EXPECT_EQ(broker.head(kRoom).epoch, "k3");
    broker.close(kRoom);
    store.requests.clear();
    log = {};
  }
}

TEST_F(StoreBrokerTest, ADuplicateThatIsFoundInAnotherEpochIsAcknowledgedAfterThatIsTold) {
  open_at_10();
  publish();
  publish();
  store.answer(1, duplicate(7, 9, "q9"));
  store.answer(2, committed(10, "q9"));
  while (broker.take_answer()) {
  }
  EXPECT_EQ(log.order, (Order{"epoch changed", "committed", "committed"}));
  EXPECT_EQ(log.changed_to.epoch, "q9");
  EXPECT_EQ(log.changed_to.last, Seq{9});
  EXPECT_EQ(log.committed[0].seq, Seq{7});
  EXPECT_EQ(log.committed[1].seq, Seq{10});
  EXPECT_EQ(broker.head(kRoom).last, Seq{10});
}

TEST_F(StoreBrokerTest, AFailedPublishIsRefusedWithTheStoresReason) {
  open_at_10();
  publish("8");
  store.answer(1, StoreFailed{Failure::kUnavailable});
  broker.take_answer();
  ASSERT_EQ(log.refused.size(), 1u);
  EXPECT_EQ(log.refused[0].command_id, "8");
  EXPECT_EQ(log.refused[0].failure, Failure::kUnavailable);
  EXPECT_FALSE(log.refused[0].origin.is_answered);
}

TEST_F(StoreBrokerTest, AStoreThatTakesNothingMoreRefusesAtOnce) {
  open_at_10();
  store.is_full = true;
  publish();
  broker.read(kRoom, {}, 4);
  EXPECT_EQ(log.order, (Order{"refused", "read"}));
  EXPECT_EQ(log.refused[0].failure, Failure::kUnavailable);
  EXPECT_EQ(log.reads[0].page.error(), Failure::kUnavailable);
  broker.open({4, 1}, "other", settings);
  EXPECT_EQ(log.open_failed.size(), 1u);
  EXPECT_EQ(broker.under_way(), 0u);
  EXPECT_EQ(broker.next_deadline(), Instant::max());
  store.is_full = false;
  broker.open({4, 3}, "other", settings);
  EXPECT_EQ(broker.under_way(), 1u);
}

// --- what waits ------------------------------------------------------------------------------------------------------

class StoreWindowTest : public StoreBrokerTest {
 protected:
  void open_two_rooms() {
    for (const TopicId topic : {kRoom, TopicId{4, 1}}) {
      narrow.open(topic, "room" + std::to_string(topic.index), settings);
      store.answer(store.requests.size() - 1, StoreOpened{.first = Seq{1}, .last = Seq{0}, .epoch = "k3"});
      ASSERT_TRUE(narrow.take_answer());
    }
    store.requests.clear();
  }
  void publish_of(std::uint32_t connection, std::string content, TopicId topic = kRoom) {
    narrow.publish(topic, {.room_id = "room",
                           .content = content,
                           .sender = "ann",
                           .to = {},
                           .dedup = {},
                           .command_id = content,
                           .origin = {.shard = 0, .connection = {connection, 1}, .wants_ack = true}});
  }
  /// What the store was given, in order; each is answered, which makes room for the next.
  std::string served() {
    std::string order;
    for (std::size_t i = 0; i < store.requests.size(); ++i) {
      const auto& request = store.request<StorePublish>(i);
      order += request.content.substr(0, 1);
      store.answer(
          i, StoreCommitted{.seq = Seq{++numbers[request.room_id]}, .first = Seq{1}, .epoch = "", .record = kRecord});
      narrow.take_answer();
      narrow.flush();
    }
    store.requests.clear();
    return order;
  }

  std::map<std::string, std::uint64_t> numbers;
  StoreBroker narrow{log, clock, store, 5s, {.messages = 1, .bytes = 1u << 20}};
};

TEST_F(StoreWindowTest, TheStoreIsGivenSoManyAtATimeAndOneAtLeast) {
  StoreBroker two(log, clock, store, 5s, {.messages = 2, .bytes = 1});
  two.open(kRoom, "room", settings);
  store.answer(0, StoreOpened{.first = Seq{1}, .last = Seq{0}, .epoch = "k3"});
  two.take_answer();
  for (int i = 0; i < 3; ++i)
    two.publish(
        kRoom,
        {.room_id = "room", .content = "1", .sender = {}, .to = {}, .dedup = {}, .command_id = {}, .origin = {}});
  two.flush();
  EXPECT_EQ(store.requests.size(), 2u) << "more bytes than there may be, but one always";
  EXPECT_EQ(two.waiting(), 2u);
  store.answer(1, committed(1));
  two.take_answer();
  two.flush();
  EXPECT_EQ(store.requests.size(), 3u);
  EXPECT_EQ(two.waiting(), 1u);
}

TEST_F(StoreWindowTest, WhoeverHasMuchWaitingWaitsForHimself) {
  open_two_rooms();
  for (int i = 0; i < 100; ++i)
    publish_of(1, "f");
  publish_of(2, "i", {4, 1});
  EXPECT_LE(served().find('i'), 20u);
}

TEST_F(StoreWindowTest, TurnsGoByBytes) {
  open_two_rooms();
  for (int i = 0; i < 20; ++i)
    publish_of(1, "a" + std::string(20'000, 'x'));
  for (int i = 0; i < 60; ++i)
    publish_of(2, "b");
  const std::string order = served();
  ASSERT_EQ(order.size(), 80u);
  EXPECT_GE(std::ranges::count(order.substr(0, 60), 'b'), 55);
}

TEST_F(StoreWindowTest, OneConnectionsMessagesKeepTheirOrder) {
  open_two_rooms();
  std::string expected;
  for (char c = 'a'; c <= 'z'; ++c) {
    publish_of(1, std::string(1, c) + std::string(static_cast<std::size_t>(c) * 97 % 9'000, ' '));
    publish_of(2, "0");
    expected += c;
  }
  std::string order = served();
  std::erase(order, '0');
  EXPECT_EQ(order, expected);
}

TEST_F(StoreWindowTest, WhatWaitsInVainIsRefusedForGood) {
  open_two_rooms();
  for (const char* content : {"1", "2", "3"})
    publish_of(1, content);
  clock.advance(5s);
  log.order.clear();
  while (narrow.expire_one(clock.now())) {
  }
  EXPECT_EQ(log.order, (Order{"delayed", "refused", "refused"})) << "only the first was given to the store";
  EXPECT_EQ(narrow.waiting(), 0u);
  EXPECT_EQ(narrow.under_way(), 1u);
  EXPECT_EQ(served(), "1");
  EXPECT_EQ(narrow.under_way(), 0u);
  publish_of(1, "4");
  EXPECT_EQ(served(), "4");
}

TEST_F(StoreWindowTest, OpensAndReadsWaitWhileTheStoreOwesAnswers) {
  open_two_rooms();
  narrow.read(kRoom, {}, 1);
  store.is_full = true;
  narrow.read(kRoom, {}, 2);
  narrow.open({5, 1}, "third", settings);
  narrow.flush();
  EXPECT_EQ(store.requests.size(), 1u);
  log.order.clear();
  EXPECT_FALSE(narrow.take_answer());
  store.is_full = false;
  store.answer(0, StoreFailed{Failure::kUnavailable});
  narrow.take_answer();
  narrow.flush();
  EXPECT_EQ(store.requests.size(), 3u);
  store.is_full = true;
  narrow.open({6, 1}, "fourth", settings);
  clock.advance(5s);
  log.order.clear();
  while (narrow.expire_one(clock.now())) {
  }
  EXPECT_EQ(log.order, (Order{"read", "open failed", "open failed"}));
}

TEST_F(StoreBrokerTest, AQuietRoomKnowsByItselfWhatIsTooOld) {
  settings.retention.seconds = 16;
  open_at_10();
  for (std::uint64_t seq = 11; seq <= 14; ++seq) {
    publish();
    store.answer(store.requests.size() - 1, committed(seq));
    broker.take_answer();
    clock.advance(2s);
  }
  EXPECT_EQ(broker.head(kRoom).first, Seq{5});
  clock.advance(8s);
  EXPECT_EQ(broker.head(kRoom).first, Seq{12}) << "16 s after the first of them";
  clock.advance(5s);
  EXPECT_EQ(broker.head(kRoom).first, Seq{14});
  clock.advance(1s);
  EXPECT_EQ(broker.head(kRoom).first, Seq{15});
  publish();
  store.answer(store.requests.size() - 1, committed(15));
  broker.take_answer();
  EXPECT_EQ(broker.head(kRoom).first, Seq{15});
}

// --- epochs ----------------------------------------------------------------------------------------------------------

TEST_F(StoreBrokerTest, AnotherEpochIsToldBeforeItsFirstCommitInACallOfItsOwn) {
  open_at_10();
  for (int i = 0; i < 3; ++i)
    publish();
  store.answer(1, committed(11));
  store.answer(2, StoreCommitted{.seq = Seq{1}, .first = Seq{1}, .epoch = "q9", .ts = 1, .record = kRecord});
  store.answer(3, StoreCommitted{.seq = Seq{2}, .first = Seq{1}, .epoch = "q9", .ts = 1, .record = kRecord});
  broker.take_answer();
  EXPECT_TRUE(broker.take_answer());
  EXPECT_EQ(log.order, (Order{"committed", "epoch changed"}));
  EXPECT_EQ(log.changed_to.epoch, "q9");
  EXPECT_EQ(log.changed_to.last, Seq{0});
  EXPECT_EQ(log.changed_to.first, Seq{1});
  EXPECT_TRUE(broker.has_answer());
  while (broker.take_answer()) {
  }
  EXPECT_EQ(log.order, (Order{"committed", "epoch changed", "committed", "committed"}));
  EXPECT_EQ(log.committed[1].epoch, "q9");
  EXPECT_EQ(broker.head(kRoom).last, Seq{2});
}

TEST_F(StoreBrokerTest, ANumberThatDoesNotFollowOnIsAnotherEpochWithANameOfItsOwn) {
  for (const std::uint64_t seq : {1u, 9u, 10u, 12u, 500u}) {
    open_at_10();
    publish();
    publish();
    store.answer(1, committed(seq));
    store.answer(2, committed(seq + 1, "k3"));
    while (broker.take_answer()) {
    }
    EXPECT_EQ(log.order, (Order{"epoch changed", "committed", "committed"})) << seq;
    EXPECT_NE(log.changed_to.epoch, "k3");
    EXPECT_EQ(log.changed_to.last, Seq{seq - 1});
    EXPECT_EQ(log.committed[0].epoch, log.changed_to.epoch);
    EXPECT_EQ(log.committed[1].epoch, log.changed_to.epoch);
    EXPECT_EQ(broker.head(kRoom).last, Seq{seq + 1});
    broker.close(kRoom);
    store.requests.clear();
    log = {};
  }
}

TEST_F(StoreBrokerTest, NoMessageHasTheNumberZero) {
  open_at_10();
  publish();
  store.answer(1, committed(0));
  while (broker.take_answer()) {
  }
  EXPECT_EQ(log.order, Order{"refused"});
}

TEST_F(StoreBrokerTest, PagesOfAnEpochThatTheStoreDoesNotNameBearItsName) {
  open_at_10();
  const ReadRange range{.from = Seq{4}, .until = Seq{11}};
  broker.read(kRoom, range, 1);  // before it: of the epoch before
  publish();
  store.answer(2, committed(5));
  while (broker.take_answer()) {
  }
  broker.read(kRoom, range, 2);
  for (const std::size_t index : {1u, 3u}) {
    auto page = std::make_shared<Page>();
    page->epoch = "k3";
    store.answer(index, SharedPage(page));
  }
  while (broker.take_answer()) {
  }
  EXPECT_EQ((*log.reads[0].page)->epoch, "k3");
  EXPECT_EQ((*log.reads[1].page)->epoch, broker.head(kRoom).epoch);
}

TEST_F(StoreBrokerTest, AStoreThatWasOpenedAnewIsAskedAgainAndAnotherEpochIsTold) {
  open_at_10();
  store.opening_now = 0;
  EXPECT_FALSE(broker.has_answer());
  store.opening_now = 2;
  EXPECT_TRUE(broker.has_answer());
  while (broker.take_answer() || broker.expire_one(clock.now())) {
  }
  ASSERT_EQ(store.requests.size(), 2u);
  EXPECT_EQ(store.request<StoreOpen>(1).room_id, "room");
  store.answer(1, StoreOpened{.first = Seq{1}, .last = Seq{3}, .epoch = "q9"});
  while (broker.take_answer() || broker.expire_one(clock.now())) {
  }
  EXPECT_EQ(log.order, Order{"epoch changed"});
  EXPECT_EQ(log.changed_to.epoch, "q9");
  EXPECT_EQ(log.changed_to.last, Seq{3});
  EXPECT_EQ(store.requests.size(), 2u);
  EXPECT_EQ(broker.under_way(), 0u);
  EXPECT_EQ(broker.next_deadline(), Instant::max());
}

TEST_F(StoreBrokerTest, AStoreThatWasOpenedAnewAndIsTheSameIsNoNews) {
  open_at_10();
  store.opening_now = 2;
  while (broker.take_answer() || broker.expire_one(clock.now())) {
  }
  store.answer(1, StoreOpened{.first = Seq{4}, .last = Seq{10}, .epoch = "k3"});
  while (broker.take_answer() || broker.expire_one(clock.now())) {
  }
  EXPECT_TRUE(log.order.empty());
}

TEST_F(StoreBrokerTest, ItIsAskedUntilItAnswers) {
  open_at_10();
  store.opening_now = 2;
  store.is_full = true;
  while (broker.take_answer() || broker.expire_one(clock.now())) {
  }
  EXPECT_EQ(store.requests.size(), 1u);
  store.is_full = false;
  clock.advance(1s);
  while (broker.expire_one(clock.now())) {
  }
  ASSERT_EQ(store.requests.size(), 2u);
  store.answer(1, StoreFailed{Failure::kUnavailable});
  while (broker.take_answer()) {
  }
  clock.advance(1s);
  while (broker.expire_one(clock.now())) {
  }
  ASSERT_EQ(store.requests.size(), 3u);
  broker.close(kRoom);
  store.answer(2, StoreOpened{.first = Seq{1}, .last = Seq{0}, .epoch = "q9"});
  while (broker.take_answer()) {
  }
  EXPECT_TRUE(log.order.empty());  // nobody wants to know any more
}

// --- reading ---------------------------------------------------------------------------------------------------------

TEST_F(StoreBrokerTest, ReadsAreAnsweredInAnyOrder) {
  open_at_10();
  const ReadRange range{.from = Seq{4}, .until = Seq{11}};
  broker.read(kRoom, range, 1);
  broker.read(kRoom, range, 2);
  EXPECT_EQ(store.request<StoreRead>(1).range, range);
  EXPECT_EQ(store.request<StoreRead>(1).room_id, "room");
  auto page = std::make_shared<Page>();
  page->epoch = "k3";
  page->oldest = Seq{6};
  store.answer(2, SharedPage(page));
  store.answer(1, StoreFailed{Failure::kUnreadable});
  broker.take_answer();
  broker.take_answer();
  ASSERT_EQ(log.reads.size(), 2u);
  EXPECT_EQ(log.reads[0].ticket, 2u);
  EXPECT_EQ(*log.reads[0].page, page);
  EXPECT_EQ(log.reads[1].ticket, 1u);
  EXPECT_EQ(log.reads[1].page.error(), Failure::kUnreadable);
  EXPECT_EQ(broker.head(kRoom).first, Seq{6}) << "the read knew of a trimming";
}

TEST_F(StoreBrokerTest, ReadsNeverMoveTheOldestBackNorPastWhatIsKnown) {
  open_at_10();
  for (const std::uint64_t oldest : {2u, 99u}) {
    broker.read(kRoom, {}, 1);
    auto page = std::make_shared<Page>();
    page->epoch = "k3";
    page->oldest = Seq{oldest};
    store.answer(store.requests.size() - 1, SharedPage(page));
    broker.take_answer();
    EXPECT_EQ(broker.head(kRoom).first, Seq{oldest == 2 ? 4u : 11u});
  }
}

// --- waiting ---------------------------------------------------------------------------------------------------------

TEST_F(StoreBrokerTest, ALateOutcomeIsToldOnceAsDelayedAndThenQuietly) {
  open_at_10();
  publish("7");
  EXPECT_EQ(broker.next_deadline(), clock.now() + 5s);
  clock.advance(5s - 1ns);
  EXPECT_FALSE(broker.expire_one(clock.now()));
  clock.advance(1ns);
  EXPECT_TRUE(broker.expire_one(clock.now()));
  EXPECT_FALSE(broker.expire_one(clock.now()));
  EXPECT_EQ(broker.next_deadline(), Instant::max());
  ASSERT_EQ(log.delayed.size(), 1u);
  EXPECT_EQ(log.delayed[0].command_id, "7");
  EXPECT_TRUE(log.delayed[0].origin.wants_ack);
  store.answer(1, committed(11));
  broker.take_answer();
  EXPECT_EQ(log.order, (Order{"delayed", "committed"}));
  EXPECT_FALSE(log.committed[0].origin.wants_ack);
  EXPECT_TRUE(log.committed[0].origin.is_answered);
  EXPECT_EQ(log.committed[0].origin.connection, (SlotId{5, 1})) << "an echo may have to be kept from it";
  EXPECT_EQ(broker.under_way(), 0u);
}

TEST_F(StoreBrokerTest, ALateRefusalComesQuietly) {
  open_at_10();
  publish();
  clock.advance(5s);
  broker.expire_one(clock.now());
  store.answer(1, StoreFailed{Failure::kUnavailable});
  broker.take_answer();
  ASSERT_EQ(log.refused.size(), 1u);
  EXPECT_TRUE(log.refused[0].origin.is_answered);
}

TEST_F(StoreBrokerTest, AnOpenThatTakesTooLongFailsAndItsLateAnswerIsDropped) {
  open();
  clock.advance(5s);
  EXPECT_TRUE(broker.expire_one(clock.now()));
  ASSERT_EQ(log.open_failed.size(), 1u);
  EXPECT_EQ(log.open_failed[0].failure, Failure::kUnavailable);
  open(kAgain);
  store.answer(0, StoreOpened{.first = Seq{1}, .last = Seq{0}, .epoch = "old"});
  store.answer(1, StoreOpened{.first = Seq{1}, .last = Seq{0}, .epoch = "new"});
  while (broker.take_answer()) {
  }
  EXPECT_EQ(log.opened, std::vector{kAgain});
  EXPECT_EQ(broker.head(kAgain).epoch, "new");
}

TEST_F(StoreBrokerTest, AReadThatTakesTooLongFailsAndItsLatePageIsDropped) {
  open_at_10();
  broker.read(kRoom, {}, 5);
  clock.advance(5s);
  EXPECT_TRUE(broker.expire_one(clock.now()));
  ASSERT_EQ(log.reads.size(), 1u);
  EXPECT_EQ(log.reads[0].page.error(), Failure::kUnavailable);
  broker.close(kRoom);
  store.answer(1, SharedPage(std::make_shared<Page>()));
  EXPECT_TRUE(broker.take_answer());
  EXPECT_EQ(log.reads.size(), 1u);
}

TEST_F(StoreBrokerTest, DeadlinesFollowWhateverOrderAnswersComeIn) {
  open_at_10();
  for (int i = 0; i < 4; ++i) {
    broker.read(kRoom, {}, static_cast<std::uint64_t>(i));
    clock.advance(1s);
  }
  const Instant began = clock.now() - 4s;
  for (const std::size_t request : {2u, 1u}) {  // from the middle, then in front
    store.answer(request, StoreFailed{Failure::kUnavailable});
    broker.take_answer();
  }
  EXPECT_EQ(broker.next_deadline(), began + 2s + 5s);
  store.answer(4, StoreFailed{Failure::kUnavailable});  // at the end
  broker.take_answer();
  broker.read(kRoom, {}, 9);
  clock.advance(100s);
  EXPECT_TRUE(broker.expire_one(clock.now()));
  EXPECT_EQ(log.reads.back().ticket, 2u);
  EXPECT_TRUE(broker.expire_one(clock.now()));
  EXPECT_EQ(log.reads.back().ticket, 9u);
  EXPECT_FALSE(broker.expire_one(clock.now()));
}

TEST_F(StoreBrokerTest, TheStoreIsToldOnceATurnAndOnlyWhenSomethingWasAsked) {
  broker.flush();
  EXPECT_EQ(store.flushes, 0);
  open_at_10();
  publish();
  publish();
  broker.flush();
  broker.flush();
  EXPECT_EQ(store.flushes, 1);
}

TEST_F(StoreBrokerTest, ReloadedSettingsHoldForWhatIsPublishedNext) {
  open_at_10();
  room::RoomSettings other;
  other.retention.messages = 8;
  broker.use(room::RoomSettingsTable(other));
  publish();
  EXPECT_EQ(store.request<StorePublish>(1).retention.messages, 8u);
  EXPECT_EQ(store.request<StorePublish>(1).durability, room::Durability::kProcess);
}

}  // namespace
}  // namespace switchboard::broker
