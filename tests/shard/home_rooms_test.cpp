#include "shard/home_rooms.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/told_channel.h"
#include "shard/failure_code.h"
#include "shard/scripted_broker.h"
#include "support/manual_clock.h"

namespace switchboard::shard {
namespace {

using namespace std::chrono_literals;
using broker::StoreCommitted;
using broker::StoreFailed;
using broker::StoreOpened;
using protocol::ErrorCode;
using Told = std::vector<std::string>;

/// What a home tells, each as a line.
class HomeLog final : public HomeEvents {
 public:
  void on_home_joined(std::uint32_t to_shard, JoinResult&& result) override {
    if (result.home_room) last_joined = result;
    told.push_back("join " + result.command_id + " at " + std::to_string(to_shard) + ": " +
                   (result.home_room ? std::to_string(result.first.value) + ".." + std::to_string(result.last.value) +
                                           " " + result.epoch
                                     : std::string(protocol::name(result.refusal))));
  }
  void on_home_committed(std::uint32_t to_shard, const ViewsByFormat& views, SlotId excluded, Seq seq,
                         const wire::Formatted& message) override {
    told.push_back("commit " + std::to_string(seq.value) + " to " + std::to_string(to_shard) +
                   (views[0] ? " plain" : "") + (views[1] ? " deflated" : "") + (excluded ? " but one" : ""));
    payload = ws::payload_of(message.in(wire::Format::kJson));
  }
  void on_home_spread() override { ++spread; }
  void on_home_user_committed(const broker::Publish& publish, const broker::Commit& commit,
                              const wire::Formatted& message) override {
    told.push_back("commit " + std::to_string(commit.publication.seq.value) + " in " + std::string(publish.room_id));
    payload = ws::payload_of(message.in(wire::Format::kJson));
  }
  void on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) override {
    counted_bytes += publish.origin.counted_bytes;
    if (!publish.origin.wants_ack) return;
    told.push_back("ack " + std::string(publish.command_id) + ": " + std::to_string(commit.publication.seq.value) +
                   " " + std::string(commit.epoch) + (commit.is_duplicate ? " duplicate" : ""));
  }
  void on_home_refused(const broker::Publish& publish, ErrorCode code) override {
    counted_bytes += publish.origin.counted_bytes;
    told.push_back("refused " + std::string(publish.command_id) + " in " + std::string(publish.room_id) + ": " +
                   std::string(protocol::name(code)));
  }
  void on_home_epoch_changed(std::uint32_t to_shard, const ViewsByFormat&, const broker::Head& head) override {
    told.push_back("epoch " + head.epoch + " behind " + std::to_string(head.last.value) + " to " +
                   std::to_string(to_shard));
  }
  void on_home_read(const PageReader& reader, const wire::PageOrError& page) override {
    told.push_back("page for " + std::to_string(reader.shard) + "/" + std::to_string(reader.ticket.number) + ": " +
                   (page ? std::to_string((*page)->size()) : std::string(protocol::name(code_of(page.error())))));
    if (page) last_page = *page;
  }
  void on_home_ended(SlotId) override { told.push_back("ended"); }

  Told take() { return std::exchange(told, {}); }

  Told told;
  std::string payload;
  JoinResult last_joined;
  wire::SharedPage last_page;
  int spread = 0;
  std::uint64_t counted_bytes = 0;  // of publishes whose outcome was told
};

class HomeRoomsTest : public testing::Test {
 protected:
  HomeRooms& home() {
    if (!home_) {
      home_.emplace(log, stats, settings, HomeParts{.clock = clock, .hash_key = {1, 2}, .make_brokers = brokers},
                    [this]() -> ws::MessageDeflater& {
                      ADD_FAILURE();
                      return *deflater;
                    });
    }
    return *home_;
  }
  void join(std::string id, std::uint32_t from = 0, std::string_view room = "room") {
    home().join(from, {.room_id = std::string(room),
                       .command_id = std::move(id),
                       .view = {7, 1},
                       .format = wire::Format::kJson,
                       .connection = {1, 1}});
  }
  broker::Publish message(std::string_view id, std::string_view room = "room") {
    return {.room_id = room,
            .content = "1",
            .sender = "ann",
            .to = {},
            .dedup = {},
            .command_id = id,
            .origin = {.shard = 1, .connection = {1, 1}, .wants_ack = true}};
  }
  /// A member of shard 0 is in the room, which stands at 10 of "k3" and begins with 4.
  void join_at_10() {
    join("1");
    opened(0);
    take_all();
    log.told.clear();
  }
  void opened(std::size_t request, std::uint64_t last = 10) {
    store.answer(request, StoreOpened{.first = Seq{4}, .last = Seq{last}, .epoch = "k3"});
  }
  void committed(std::size_t request, std::uint64_t seq) {
    store.answer(request, StoreCommitted{.seq = Seq{seq}, .first = Seq{4}, .epoch = "", .ts = 1, .record = record()});
  }
  static std::string record() {
    std::string bytes;
    broker::append_record(bytes, {.seq = {}, .ts = 1, .content = "1", .sender = "ann"});
    return bytes;
  }
  static broker::SharedPage page(std::uint64_t first, std::uint64_t end) {
    auto made = std::make_shared<broker::Page>();
    made->epoch = "k3";
    made->oldest = Seq{4};
    made->first = Seq{first};
    for (std::uint64_t seq = first; seq < end; ++seq) {
      made->bytes += record();
      made->ends.push_back(static_cast<std::uint32_t>(made->bytes.size()));
    }
    return made;
  }
  void take_all() {
    while (home().take_answer(clock.now())) {
    }
    EXPECT_FALSE(home().has_answer());
  }

  test::ManualClock clock;
  HomeLog log;
  ShardStats stats;
  ShardSettings settings;
  broker::ToldChannel store;
  bool has_store = true;
  ws::MessageDeflater* deflater = nullptr;
  std::function<HomeBrokers(broker::BrokerEvents&)> brokers = [this](broker::BrokerEvents& events) {
    return make_brokers(events, settings.history,
                        {.clock = clock, .random_seed = 3, .store = has_store ? &store : nullptr});
  };
  std::optional<HomeRooms> home_;
};

// --- opening ---------------------------------------------------------------------------------------------------------

TEST_F(HomeRoomsTest, WhatComesWhileARoomIsOpenedWaitsInOrder) {
  join("1");
  home().publish_by_name(message("2"));
  join("3", 2);
  EXPECT_EQ(store.requests.size(), 1u) << "it is opened once";
  EXPECT_TRUE(log.told.empty());
  EXPECT_FALSE(home().has_answer());
  opened(0);
  EXPECT_TRUE(home().has_answer());
  take_all();
  EXPECT_EQ(log.take(), (Told{"join 1 at 0: 4..10 k3", "join 3 at 2: 4..10 k3"}));
  ASSERT_EQ(store.requests.size(), 2u);
  committed(1, 11);
  take_all();
  EXPECT_EQ(log.take(), (Told{"commit 11 to 0 plain", "commit 11 to 2 plain", "ack 2: 11 k3"}));
  EXPECT_EQ(log.payload, R"({"type":"broadcast","room_id":"room","content":1,"sender":"ann","seq":11,"ts":1})");
}

TEST_F(HomeRoomsTest, OneCallTellsWhatOneOfThoseWhoWaitedIsTold) {
  for (int i = 0; i < 50; ++i)
    join(std::to_string(i), 1);
  opened(0);
  std::size_t told = 0;
  while (home().take_answer(clock.now())) {
    ASSERT_LE(log.told.size(), told + 1);
    told = log.told.size();
  }
  EXPECT_EQ(told, 50u);
}

TEST_F(HomeRoomsTest, WhoComesBehindThoseWhoStillWaitDoesNotOvertakeThem) {
  join("1");
  join("2");
  opened(0);
  ASSERT_TRUE(home().take_answer(clock.now()));  // opened
  ASSERT_TRUE(home().take_answer(clock.now()));
  join("3");
  take_all();
  EXPECT_EQ(log.take(), (Told{"join 1 at 0: 4..10 k3", "join 2 at 0: 4..10 k3", "join 3 at 0: 4..10 k3"}));
}

TEST_F(HomeRoomsTest, ARoomThatCannotBeOpenedIsRefusedToAllAndForgotten) {
  join("1");
  home().publish_by_name(message("2"));
  store.answer(0, StoreFailed{broker::Failure::kUnavailable});
  ASSERT_TRUE(home().take_answer(clock.now()));
  join("3");  // before those have been told
  take_all();
  EXPECT_EQ(log.take(),
            (Told{"join 1 at 0: unavailable", "refused 2 in room: unavailable", "join 3 at 0: unavailable"}));
  EXPECT_EQ(home().size(), 0u);
  EXPECT_EQ(stats.publishes_failed.value(), 1u);
  join("4");
  EXPECT_EQ(store.requests.size(), 2u) << "it is tried anew";
}

TEST_F(HomeRoomsTest, AStoreThatIsFullRefusesInALaterTurn) {
  store.is_full = true;
  join("1");
  EXPECT_TRUE(log.told.empty());
  take_all();
  EXPECT_EQ(log.take(), Told{"join 1 at 0: unavailable"});
  EXPECT_EQ(home().size(), 0u);
}

TEST_F(HomeRoomsTest, AnOpenThatTakesTooLongIsRefused) {
  settings.history.commit_wait_ms = 2'000;
  join("1");
  EXPECT_EQ(home().next_deadline(), clock.now() + 2s);
  clock.advance(2s);
  take_all();
  EXPECT_EQ(log.take(), Told{"join 1 at 0: unavailable"});
  EXPECT_EQ(home().next_deadline(), std::nullopt);
}

TEST_F(HomeRoomsTest, WhateverWaitsForTheRoomIsServedInTheOrderItCame) {
  constexpr std::size_t kCount = 20'000;
  for (std::size_t i = 0; i < kCount; ++i)
    home().publish_by_name(message("1"));
  join("3");
  EXPECT_TRUE(log.told.empty()) << "it is bounded where it comes from";
  opened(0);
  take_all();
  home().flush();
  EXPECT_EQ(log.take(), Told{"join 3 at 0: 4..10 k3"});
  EXPECT_GT(store.requests.size(), 1'000u) << "what the store is given at a time";
}

TEST_F(HomeRoomsTest, AnOutcomeThatIsCountedIsToldAlsoWhenNobodyIsAcknowledged) {
  join_at_10();
  broker::Publish counted = message("");
  counted.origin = {.shard = 0, .connection = {2, 1}, .wants_ack = false, .counted_bytes = 600};
  home().publish(log.last_joined.home_room, counted);
  store.answer(store.requests.size() - 1,
               broker::StoreCommitted{.seq = Seq{11}, .first = Seq{4}, .epoch = "", .ts = 1, .record = record()});
  take_all();
  EXPECT_EQ(log.counted_bytes, 600u);
  home().publish(log.last_joined.home_room, counted);
  store.answer(store.requests.size() - 1, StoreFailed{broker::Failure::kUnavailable});
  take_all();
  EXPECT_EQ(log.counted_bytes, 1'200u);
}

// --- rooms that end --------------------------------------------------------------------------------------------------

TEST_F(HomeRoomsTest, ARoomWithoutMembersLivesUntilItsMessageIsCommitted) {
  join_at_10();
  home().publish(log.last_joined.home_room, message("2"));
  home().leave(log.last_joined.home_room, 0, wire::Format::kJson);
  EXPECT_EQ(log.take(), Told{"ended"});
  EXPECT_EQ(home().size(), 1u);
  committed(1, 11);
  take_all();
  EXPECT_EQ(log.take(), Told{"ack 2: 11 k3"});
  EXPECT_EQ(home().size(), 0u);
}

TEST_F(HomeRoomsTest, AMessageFromOutsideOpensARoomThatEndsWithIt) {
  home().publish_by_name(message("1"));
  opened(0);
  take_all();
  committed(1, 11);
  take_all();
  EXPECT_EQ(log.take(), Told{"ack 1: 11 k3"});
  EXPECT_EQ(home().size(), 0u);
  EXPECT_EQ(stats.commits.value(), 1u);
}

TEST_F(HomeRoomsTest, AMessageOfARoomThatHasEndedIsRefused) {
  join_at_10();
  home().leave(log.last_joined.home_room, 0, wire::Format::kJson);
  log.told.clear();
  home().publish(log.last_joined.home_room, message("2", ""));
  EXPECT_EQ(log.take(), Told{"refused 2 in : not_joined"});
}

TEST_F(HomeRoomsTest, LimitsHoldForRoomsThatAreBeingOpened) {
  settings.rooms_max = 1;
  settings.rooms = room::RoomSettingsTable({.members_max = 1});
  join("1");
  join("2");
  join("3", 0, "other");
  home().publish_by_name(message("4", "other"));
  EXPECT_EQ(log.take(), (Told{"join 3 at 0: limit_reached", "refused 4 in other: limit_reached"}));
  opened(0);
  take_all();
  EXPECT_EQ(log.take(), (Told{"join 1 at 0: 4..10 k3", "join 2 at 0: room_full"}));
}

// --- brokers ---------------------------------------------------------------------------------------------------------

TEST_F(HomeRoomsTest, RoomsWithoutHistoryNeedNoStore) {
  settings.rooms = room::RoomSettingsTable({.history = false});
  join("1");
  ASSERT_EQ(log.told.size(), 1u);
  EXPECT_TRUE(log.take()[0].starts_with("join 1 at 0: 1..0 ")) << "first is behind last";
  home().publish(log.last_joined.home_room, message("2"));
  EXPECT_EQ(log.told[0], "commit 1 to 0 plain");
  home().read(log.last_joined.home_room, {.range = {.from = Seq{1}, .until = Seq{2}}},
              {.shard = 0, .ticket = {.number = 9}});
  log.told.clear();
  take_all();
  EXPECT_EQ(log.take(), Told{"page for 0/9: history_unavailable"});
  EXPECT_TRUE(store.requests.empty());
}

TEST_F(HomeRoomsTest, WithoutAStoreHistoryIsKeptInMemory) {
  has_store = false;
  join("1");
  home().publish(log.last_joined.home_room, message("2"));
  home().publish(log.last_joined.home_room, message("3"));
  log.told.clear();
  home().read(log.last_joined.home_room, {.range = {.from = Seq{1}, .until = Seq{9}}},
              {.shard = 2, .ticket = {.number = 9}});
  EXPECT_TRUE(log.told.empty()) << "never during the call";
  take_all();
  EXPECT_EQ(log.take(), Told{"page for 2/9: 2"});
  EXPECT_EQ(ws::payload_of(log.last_page->message(1)), log.payload);
}

TEST_F(HomeRoomsTest, ARoomKeepsItsBrokerUntilItEnds) {
  settings.rooms = room::RoomSettingsTable({.history = false});
  join("1");
  settings.rooms = room::RoomSettingsTable({.history = true});
  home().use_settings();
  home().publish(log.last_joined.home_room, message("2"));
  EXPECT_TRUE(store.requests.empty());
  home().leave(log.last_joined.home_room, 0, wire::Format::kJson);
  join("3");
  EXPECT_EQ(store.requests.size(), 1u);
}

// --- messages --------------------------------------------------------------------------------------------------------

TEST_F(HomeRoomsTest, AUsersRoomIsToldByName) {
  join("1", 0, "@bob");
  opened(0);
  take_all();
  log.told.clear();
  home().publish_by_name(message("2", "@bob"));
  committed(1, 11);
  take_all();
  EXPECT_EQ(log.take(), (Told{"commit 11 in @bob", "ack 2: 11 k3"}));
  EXPECT_EQ(log.spread, 0);
}

TEST_F(HomeRoomsTest, ADuplicateIsOnlyAcknowledged) {
  join_at_10();
  home().publish(log.last_joined.home_room, message("2"));
  store.answer(
      1, StoreCommitted{.seq = Seq{7}, .first = Seq{4}, .epoch = "", .ts = 1, .record = "", .is_duplicate = true});
  take_all();
  EXPECT_EQ(log.take(), Told{"ack 2: 7 k3 duplicate"});
  EXPECT_EQ(stats.duplicates.value(), 1u);
  EXPECT_EQ(stats.commits.value(), 0u);
}

TEST_F(HomeRoomsTest, ALateCommitIsRefusedOnceAndThenSpread) {
  join_at_10();
  broker::Publish publish = message("2");
  publish.echo = false;
  publish.origin.shard = 0;
  home().publish(log.last_joined.home_room, publish);
  clock.advance(5s);
  take_all();
  EXPECT_EQ(log.take(), Told{"refused 2 in room: unavailable"});
  EXPECT_EQ(stats.publishes_delayed.value(), 1u);
  committed(1, 11);
  take_all();
  EXPECT_EQ(log.take(), Told{"commit 11 to 0 plain but one"});
}

TEST_F(HomeRoomsTest, ALateRefusalIsNotToldAgain) {
  join_at_10();
  home().publish(log.last_joined.home_room, message("2"));
  clock.advance(5s);
  store.answer(1, StoreFailed{broker::Failure::kUnavailable});
  home().take_answer(clock.now());
  EXPECT_EQ(log.take(), Told{"refused 2 in room: unavailable"}) << "an answer that is there is not late";
  home().publish(log.last_joined.home_room, message("3"));
  clock.advance(5s);
  take_all();
  log.told.clear();
  store.answer(2, StoreFailed{broker::Failure::kUnavailable});
  take_all();
  EXPECT_TRUE(log.told.empty());
}

TEST_F(HomeRoomsTest, AnotherEpochIsToldToAllWhoHaveMembersBeforeItsFirstMessage) {
  join_at_10();
  join("2", 3);
  home().publish(log.last_joined.home_room, message("4"));
  store.answer(1, StoreCommitted{.seq = Seq{1}, .first = Seq{1}, .epoch = "q9", .ts = 1, .record = record()});
  log.told.clear();
  take_all();
  EXPECT_EQ(log.take(), (Told{"epoch q9 behind 0 to 0", "epoch q9 behind 0 to 3", "commit 1 to 0 plain",
                              "commit 1 to 3 plain", "ack 4: 1 q9"}));
  join("5");
  EXPECT_EQ(log.take(), Told{"join 5 at 0: 1..1 q9"});
}

// --- history ---------------------------------------------------------------------------------------------------------

class HomeHistoryTest : public HomeRoomsTest {
 protected:
  void read(std::uint64_t from, std::uint64_t until, PageReader reader) {
    home().read(log.last_joined.home_room, {.range = {.from = Seq{from}, .until = Seq{until}}}, reader);
  }
};

TEST_F(HomeHistoryTest, WhoWantsTheSameSharesOneRead) {
  join_at_10();
  for (std::uint32_t shard = 0; shard < 3; ++shard)
    read(4, 11, {.shard = shard, .ticket = {.number = shard + 20}});
  EXPECT_EQ(store.requests.size(), 2u);
  store.answer(1, page(4, 11));
  take_all();
  EXPECT_EQ(log.take(), (Told{"page for 0/20: 7", "page for 1/21: 7", "page for 2/22: 7"}));
  read(4, 11, {.shard = 1, .ticket = {.number = 30}});
  take_all();
  EXPECT_EQ(log.take(), Told{"page for 1/30: 7"});
  EXPECT_EQ(store.requests.size(), 2u) << "it was kept";
  EXPECT_EQ(stats.pages_read.value(), 1u);
  EXPECT_EQ(stats.pages_shared.value(), 3u);
}

TEST_F(HomeHistoryTest, OnlyWhatIsCommittedIsRead) {
  join_at_10();
  read(4, 257, {.ticket = {.number = 1}});
  EXPECT_EQ(std::get<broker::StoreRead>(store.requests[1].what).range.until, Seq{11});
  read(11, 257, {.ticket = {.number = 2}});
  take_all();
  EXPECT_EQ(log.take(), Told{"page for 0/2: 0"});
  EXPECT_EQ(log.last_page->epoch, "k3");
  EXPECT_EQ(log.last_page->oldest, Seq{4});
  EXPECT_EQ(log.last_page->newest, Seq{10});
  EXPECT_EQ(store.requests.size(), 2u);
}

TEST_F(HomeHistoryTest, APageThatHoldsWhatIsTrimmedIsReadAnew) {
  join_at_10();
  read(4, 11, {.ticket = {.number = 1}});
  store.answer(1, page(4, 11));
  take_all();
  home().publish(log.last_joined.home_room, message("2"));
  store.answer(2, StoreCommitted{.seq = Seq{11}, .first = Seq{5}, .epoch = "", .ts = 1, .record = record()});
  take_all();
  read(4, 11, {.ticket = {.number = 1}});
  EXPECT_EQ(store.requests.size(), 4u);
}

TEST_F(HomeHistoryTest, NothingOfAnotherEpochIsGivenOut) {
  join_at_10();
  read(4, 5, {.ticket = {.number = 1}});
  store.answer(1, page(4, 5));
  take_all();
  for (std::uint64_t seq = 1; seq <= 4; ++seq) {
    home().publish(log.last_joined.home_room, message("2"));
    store.answer(store.requests.size() - 1,
                 StoreCommitted{.seq = Seq{seq}, .first = Seq{1}, .epoch = "q9", .ts = 1, .record = record()});
    take_all();
  }
  read(4, 5, {.ticket = {.number = 2}});
  EXPECT_EQ(store.requests.size(), 7u);
}

TEST_F(HomeHistoryTest, AReadThatFailsOrTakesTooLongReachesEverybodyWhoWaits) {
  join_at_10();
  read(4, 11, {.ticket = {.number = 1}});
  read(4, 11, {.ticket = {.number = 2}});
  store.answer(1, StoreFailed{broker::Failure::kUnavailable});
  take_all();
  EXPECT_EQ(log.take(), (Told{"page for 0/1: unavailable", "page for 0/2: unavailable"}));
  read(4, 11, {.ticket = {.number = 3}});
  clock.advance(5s);
  take_all();
  EXPECT_EQ(log.take(), Told{"page for 0/3: unavailable"});
}

TEST_F(HomeHistoryTest, ARoomWithoutMembersLivesUntilItsReadIsOver) {
  join_at_10();
  read(4, 11, {.ticket = {.number = 1}});
  home().leave(log.last_joined.home_room, 0, wire::Format::kJson);
  EXPECT_EQ(home().size(), 1u);
  store.answer(1, page(4, 11));
  take_all();
  EXPECT_EQ(home().size(), 0u);
  read(4, 11, {.ticket = {.number = 2}});
  log.told.clear();
  take_all();
  EXPECT_EQ(log.take(), Told{"page for 0/2: unavailable"});
}

// --- several brokers -------------------------------------------------------------------------------------------------

/// Rooms with history have their order from a bus, which other processes use, too; the others are kept in memory.
class SharedRoomsTest : public HomeRoomsTest {
 protected:
  SharedRoomsTest() {
    settings.rooms.set("alone", {.history = false});
    brokers = [this](broker::BrokerEvents& events) {
      HomeBrokers made;
      auto scripted = std::make_unique<ScriptedBroker>(events);
      bus = scripted.get();
      made.push_back({.broker = std::move(scripted),
                      .takes = [](const room::RoomSettings& of) { return of.history; },
                      .use = [this](const HistorySettings&) { ++uses; }});
      HomeBrokers others = make_brokers(events, settings.history, {.clock = clock, .random_seed = 3});
      made.push_back(std::move(others.back()));
      return made;
    };
  }
  /// Members of shards 0 and 2 are in the room, which stands at 10 of "b1".
  void join_two() {
    join("1");
    join("2", 2);
    take_all();
    room = log.last_joined.home_room;
    log.told.clear();
  }
  /// A message of the member of shard 0, which wants it for the others only.
  broker::Publish own(std::string_view id) {
    broker::Publish publish = message(id);
    publish.origin.shard = 0;
    publish.echo = false;
    return publish;
  }

  ScriptedBroker* bus = nullptr;
  int uses = 0;
  SlotId room;
};

TEST_F(SharedRoomsTest, ARoomHasTheBrokerThatItsNamespaceIsFor) {
  join("1", 0, "alone:a");
  EXPECT_EQ(log.take().size(), 1u) << "at once";
  EXPECT_TRUE(bus->topics.empty());
  join("2");
  EXPECT_TRUE(log.told.empty());
  take_all();
  EXPECT_EQ(log.take(), Told{"join 2 at 0: 4..10 b1"});
  EXPECT_TRUE(home().answers_later(settings.rooms.of("room")));
  EXPECT_FALSE(home().answers_later(settings.rooms.of("alone:a")));
  home().leave(log.last_joined.home_room, 0, wire::Format::kJson);
  EXPECT_EQ(bus->closed, 1);
}

TEST_F(SharedRoomsTest, AllBrokersHaveTheirTurnAndTheSettings) {
  join_two();
  home().flush();
  home().tidy(clock.now());
  home().use_settings();
  EXPECT_EQ(bus->flushes, 1);
  EXPECT_EQ(bus->tidied, 1);
  EXPECT_EQ(bus->reloads, 1);
  EXPECT_EQ(uses, 1);
}

TEST_F(SharedRoomsTest, WhatArrivesIsForEverybodyAndAnsweredToNobody) {
  join_two();
  bus->arrive("room", "7");
  EXPECT_TRUE(home().has_answer());
  take_all();
  EXPECT_EQ(log.take(), (Told{"commit 11 to 0 plain", "commit 11 to 2 plain"}));
  EXPECT_EQ(log.payload, R"({"type":"broadcast","room_id":"room","content":7,"sender":"zoe","seq":11,"ts":1})");
  EXPECT_EQ(log.spread, 1);
  EXPECT_EQ(stats.commits.value(), 0u) << "where it was put in order it was counted";
  join("3");
  EXPECT_EQ(log.take(), Told{"join 3 at 0: 4..11 b1"});
}

TEST_F(SharedRoomsTest, WhatArrivesStandsInLineWithWhatIsCommitted) {
  join_two();
  home().publish(room, own("5"));
  home().publish(room, own("6"));
  bus->arrive("room", "7");
  bus->commit();
  bus->arrive("room", "8");
  bus->arrive("room", "9");
  bus->commit();
  bus->arrive("room", "1");
  take_all();
  EXPECT_EQ(log.take(), (Told{"commit 11 to 0 plain", "commit 11 to 2 plain", "commit 12 to 0 plain but one",
                              "commit 12 to 2 plain", "ack 5: 12 b1", "commit 13 to 0 plain", "commit 13 to 2 plain",
                              "commit 14 to 0 plain", "commit 14 to 2 plain", "commit 15 to 0 plain but one",
                              "commit 15 to 2 plain", "ack 6: 15 b1", "commit 16 to 0 plain", "commit 16 to 2 plain"}));
}

TEST_F(SharedRoomsTest, OneCallTellsOneArrival) {
  join_two();
  bus->arrive("room", "7");
  bus->arrive("room", "8");
  ASSERT_TRUE(home().take_answer(clock.now()));
  EXPECT_EQ(log.take(), (Told{"commit 11 to 0 plain", "commit 11 to 2 plain"}));
}

TEST_F(SharedRoomsTest, WhatArrivesForAUserIsToldByName) {
  join("1", 0, "@bob");
  take_all();
  log.told.clear();
  bus->arrive("@bob", "7");
  take_all();
  EXPECT_EQ(log.take(), Told{"commit 11 in @bob"});
  EXPECT_EQ(log.payload, R"({"type":"direct","content":7,"sender":"zoe","seq":11,"ts":1})");
}

TEST_F(SharedRoomsTest, ARoomThatNobodyIsInAnyMoreTakesWhatArrivesWhileSomethingOfItIsUnderWay) {
  join_two();
  home().publish(room, own("5"));
  home().leave(room, 0, wire::Format::kJson);
  home().leave(room, 2, wire::Format::kJson);
  log.told.clear();
  bus->arrive("room", "7");
  take_all();
  EXPECT_TRUE(log.told.empty());
  bus->commit();
  take_all();
  EXPECT_EQ(log.take(), Told{"ack 5: 12 b1"});
  EXPECT_EQ(bus->closed, 1);
}

TEST_F(SharedRoomsTest, APageIsOfWhatHadArrivedWhenItWasAskedFor) {
  join_two();
  bus->arrive("room", "7");
  take_all();
  log.told.clear();
  home().read(room, {.range = {.from = Seq{4}, .until = Seq{257}}}, {.shard = 2, .ticket = {.number = 9}});
  ASSERT_EQ(bus->reads.size(), 1u);
  EXPECT_EQ(bus->reads[0].range.until, Seq{12});
  bus->arrive("room", "8");
  bus->answer_read(page(4, 12));
  bus->arrive("room", "9");
  take_all();
  const Told told = log.take();
  EXPECT_EQ(std::ranges::count(told, "page for 2/9: 8"), 1);
  EXPECT_EQ(std::ranges::count(told, "commit 12 to 2 plain"), 1);
  EXPECT_EQ(std::ranges::count(told, "commit 13 to 2 plain"), 1);
}

TEST_F(SharedRoomsTest, ABrokerThatHasMuchToTellDoesNotSilenceTheOthers) {
  ScriptedBroker* other = nullptr;
  settings.rooms.set("other", {.history = false});
  brokers = [&](broker::BrokerEvents& events) {
    HomeBrokers made;
    for (ScriptedBroker** each : {&bus, &other}) {
      auto scripted = std::make_unique<ScriptedBroker>(events);
      *each = scripted.get();
      made.push_back({.broker = std::move(scripted),
                      .takes = [](const room::RoomSettings& of) { return of.history; },
                      .use = [](const HistorySettings&) {}});
    }
    made.back().takes = [](const room::RoomSettings&) { return true; };
    return made;
  };
  join("1");
  join("2", 0, "other:a");
  take_all();
  log.told.clear();
  for (int i = 0; i < 10; ++i)
    bus->arrive("room", "7");
  other->arrive("other:a", "8");
  ASSERT_TRUE(home().take_answer(clock.now()));
  ASSERT_TRUE(home().take_answer(clock.now()));
  EXPECT_EQ(std::ranges::count_if(log.told, [](const std::string& told) { return told == "commit 11 to 0 plain"; }), 2)
      << "of either room the first";
}

using SharedRoomsDeathTest = SharedRoomsTest;

TEST_F(SharedRoomsDeathTest, ANumberThatDoesNotFollowOnIsTheBrokersMistake) {
  join_two();
  bus->lose("room");
  bus->arrive("room", "7");
  EXPECT_DEATH(take_all(), "commit.publication.seq == room.last.next");
}

}  // namespace
}  // namespace switchboard::shard
