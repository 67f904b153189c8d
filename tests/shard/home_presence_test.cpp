#include "shard/home_presence.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "ws/frame_writer.h"

namespace switchboard::shard {
namespace {

using namespace std::chrono_literals;

constexpr SlotId kRoom{.index = 3, .generation = 1};
constexpr SlotId kView{.index = 1, .generation = 1};

class HomePresenceTest : public testing::Test, protected HomePresenceEvents {
 protected:
  // HomePresenceEvents
  bool presence_can_send() override { return can_send; }
  std::span<const Subscriber> subscribers_of(SlotId) override { return subscribers; }
  void on_presence_track(std::uint32_t to_shard, const TrackResult& track) override {
    sent.push_back("track " + std::to_string(to_shard) + (track.round == 0 ? " off" : " on"));
  }
  void on_presence_list(std::uint32_t to_shard, PresenceListResult&& list) override {
    std::string text = "list " + std::to_string(to_shard) + " " + list.command_id + ": ";
    if (list.is_refused) text += std::string(protocol::name(list.refusal));
    if (!list.is_refused) text += std::to_string(list.count);
    for (const ListedUser& user : list.users)
      text += " " + user.user_id;
    sent.push_back(text);
  }
  void on_presence_change(std::uint32_t to_shard, const ViewsByFormat&,
                          const std::shared_ptr<const PresenceFrame>& frame) override {
    sent.push_back("change " + std::to_string(to_shard) + " " + std::string(ws::payload_of(frame->frame)));
  }

  void member_on(std::uint32_t shard, ViewsByFormat views = {kView, SlotId{}}) {
    subscribers.push_back({.shard = shard, .members = {1, 0}, .views = views});
  }
  void ask(std::uint32_t from, std::string id = "1") {
    home.query(kRoom, "r", from,
               {.home_room = kRoom,
                .connection = {},
                .command_id = std::move(id),
                .after = {},
                .users_max = 100,
                .bytes_max = 100'000},
               now);
  }
  void report(std::uint32_t from, std::vector<ReportedUser> users, std::uint32_t views = 0, std::uint32_t gone = 0,
              TrackingRound round = 0) {
    home.on_report(from,
                   {.home_room = kRoom,
                    .round = round == 0 ? home.round_of(kRoom) : round,
                    .users = std::move(users),
                    .watchers_gone = gone,
                    .views_reported = views},
                   now);
  }
  /// What is sent while the time passes.
  std::vector<std::string> after(Duration time) {
    now += time;
    home.run(now);
    return std::exchange(sent, {});
  }
  using Sent = std::vector<std::string>;

  static ReportedUser came(std::string user) { return {.user_id = std::move(user), .info = {}, .change = 1}; }
  static ReportedUser found(std::string user) { return {.user_id = std::move(user), .info = {}, .found = 1}; }

  Instant now{1s};
  room::RoomSettingsTable settings;
  std::vector<Subscriber> subscribers;
  std::vector<std::string> sent;
  bool can_send = true;
  HomePresence home{*this, settings, /*self=*/0, /*shards=*/3, now};
};

TEST_F(HomePresenceTest, AQueryIsAnsweredWhenAllShardsHaveReported) {
  member_on(0);
  member_on(2, {kView, kView});
  ask(2);
  EXPECT_NE(home.round_of(kRoom), 0u);
  EXPECT_EQ(after(0s), (Sent{"track 0 on", "track 2 on"}));
  report(0, {found("a")}, 1);
  report(2, {found("b")}, 1);
  EXPECT_EQ(after(1s), Sent{}) << "one of its views is missing";
  report(2, {found("c")}, 1);
  EXPECT_EQ(after(0s), Sent{"list 2 1: 3 a b c"});
  ask(0, "2");
  EXPECT_EQ(after(0s), Sent{"list 0 2: 3 a b c"});
}

TEST_F(HomePresenceTest, AQueryThatWaitsTooLongIsToldSo) {
  member_on(1);
  ask(1);
  after(HomePresence::kReportWait - 1ms);
  EXPECT_EQ(sent, Sent{});
  EXPECT_EQ(after(100ms), Sent{"list 1 1: unavailable"});
  report(1, {found("a")}, 1);
  ask(1, "2");
  EXPECT_EQ(after(0s), Sent{"list 1 2: 1 a"});
}

TEST_F(HomePresenceTest, ChangesAreToldToShardsWithWatchersOnceTheWindowIsOver) {
  member_on(1);
  member_on(2);
  home.add_watcher(kRoom, "r", 1, now);
  after(0s);
  report(1, {came("w")}, 1);
  report(2, {}, 1);
  EXPECT_EQ(after(499ms), Sent{});
  EXPECT_EQ(
      after(20ms),
      Sent{R"(change 1 {"type":"presence_change","room_id":"r","joined":[{"user_id":"w"}],"left":[],"count":1})"});
  EXPECT_EQ(home.pushes(), 1u);
}

TEST_F(HomePresenceTest, NothingIsToldBeforeItIsKnownWhoWasThere) {
  member_on(1);
  member_on(2);
  home.add_watcher(kRoom, "r", 1, now);
  after(0s);
  report(1, {came("x"), came("w")}, 1);
  EXPECT_EQ(after(2s), Sent{});
  report(2, {found("x")}, 1);
  EXPECT_EQ(after(0s),
            Sent{R"(change 1 {"type":"presence_change","room_id":"r","joined":[{"user_id":"w"}],"left":[],"count":2})"})
      << "x has only opened a second connection";
}

TEST_F(HomePresenceTest, WhatCannotBeSentStaysDue) {
  member_on(1);
  home.add_watcher(kRoom, "r", 1, now);
  ask(1);
  can_send = false;
  EXPECT_EQ(after(0s), Sent{});
  EXPECT_FALSE(home.idle());
  can_send = true;
  EXPECT_EQ(after(0s), Sent{"track 1 on"});
  report(1, {came("w")}, 1);
  can_send = false;
  EXPECT_EQ(after(1s), Sent{});
  EXPECT_FALSE(home.idle());
  can_send = true;
  EXPECT_EQ(after(0s).size(), 2u);
  EXPECT_TRUE(home.idle());
}

TEST_F(HomePresenceTest, ReportsOfAnotherRoundAreDropped) {
  member_on(1);
  ask(1);
  after(0s);
  const TrackingRound first = home.round_of(kRoom);
  home.on_room_ended(kRoom);
  EXPECT_EQ(home.round_of(kRoom), 0u);
  report(1, {found("a")}, 1, 0, first);
  ask(1);
  EXPECT_EQ(after(0s), Sent{"track 1 on"});
  EXPECT_NE(home.round_of(kRoom), first);
  report(1, {found("a")}, 1, 0, first);
  EXPECT_EQ(after(1s), Sent{});
  report(1, {found("b")}, 1);
  EXPECT_EQ(after(0s), Sent{"list 1 1: 1 b"});
}

TEST_F(HomePresenceTest, TrackingStopsAMinuteAfterTheLastQueryAndTheShardsAreTold) {
  member_on(1);
  ask(1);
  after(0s);
  report(1, {found("a")}, 1);
  after(0s);
  EXPECT_EQ(after(HomePresence::kKeptFor - 1ms), Sent{});
  EXPECT_EQ(home.rosters(), 1u);
  can_send = false;
  EXPECT_EQ(after(100ms), Sent{});
  EXPECT_EQ(home.rosters(), 1u) << "the shard has to be told";
  can_send = true;
  EXPECT_EQ(after(0s), Sent{"track 1 off"});
  EXPECT_EQ(home.rosters(), 0u);
  EXPECT_EQ(home.round_of(kRoom), 0u);
  EXPECT_FALSE(home.next_deadline());
}

TEST_F(HomePresenceTest, TrackingStopsAMinuteAfterTheLastWatcherHasGone) {
  member_on(1);
  home.add_watcher(kRoom, "r", 1, now);
  home.add_watcher(kRoom, "r", 1, now);
  after(0s);
  report(1, {}, 1);
  report(1, {}, 0, 1);
  after(10min);
  EXPECT_EQ(home.rosters(), 1u);
  report(1, {}, 0, 1);
  EXPECT_EQ(after(HomePresence::kKeptFor - 1ms), Sent{});
  EXPECT_EQ(after(100ms), Sent{"track 1 off"});
}

TEST_F(HomePresenceTest, ManyQueriesAreAnsweredInTurnsAndInOrder) {
  member_on(1);
  for (int i = 0; i < 150; ++i)
    ask(1, std::to_string(i));
  after(0s);
  report(1, {found("a")}, 1);
  std::vector<std::string> all;
  int turns = 0;
  while (!home.idle() && turns < 100) {
    ++turns;
    for (std::string& answer : after(0s))
      all.push_back(std::move(answer));
  }
  EXPECT_GT(turns, 1);
  ASSERT_EQ(all.size(), 150u);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i], "list 1 " + std::to_string(i) + ": 1 a");
}

}  // namespace
}  // namespace switchboard::shard
