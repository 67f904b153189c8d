#include "room/presence_roster.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <string>

namespace switchboard::room {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGrace = 5s;

std::string names(const std::vector<protocol::PresentUser>& users) {
  std::string out;
  for (const auto& user : users)
    out.append(out.empty() ? "" : " ").append(user.user_id);
  return out;
}

class PresenceRosterTest : public testing::Test {
 protected:
  void found(std::string_view user, std::uint32_t connections = 1, std::string_view info = "") {
    roster.add_found(user, connections, given(info));
  }
  void comes(std::string_view user, std::string_view info = "") { roster.change(user, 1, given(info), now, kGrace); }
  void goes(std::string_view user) { roster.change(user, -1, {}, now, kGrace); }
  /// Shows itself so from now on; "": as nothing.
  void shows(std::string_view user, std::string_view info, std::uint32_t source = 0) {
    roster.change(user, 0, GivenInfo{.source = source, .stamp = info.empty() ? 0 : ++stamp, .info = info}, now, kGrace);
  }
  std::optional<GivenInfo> given(std::string_view info) {
    if (info.empty()) return std::nullopt;
    return GivenInfo{.source = 0, .stamp = ++stamp, .info = info};
  }
  std::string info_of(std::string_view user) {
    for (const auto& listed : roster.page("", 1'000, 1 << 20).users) {
      if (listed.user_id == user) return std::string(listed.info);
    }
    return "not there";
  }
  void pass(Duration time) {
    now += time;
    roster.expire(now);
  }
  /// "+joined ~changed(info) -left =count", "?" when partial.
  std::string change() {
    const RosterChange change = roster.take_change();
    std::string out;
    if (!change.joined.empty()) out += "+" + names(change.joined) + " ";
    for (const auto& user : change.changed)
      out.append("~").append(user.user_id).append("(").append(user.info).append(") ");
    if (!change.left.empty()) out += "-" + names(change.left) + " ";
    out += "=" + std::to_string(change.count) + (change.is_partial ? "?" : "");
    EXPECT_EQ(change.is_empty(), out == "=" + std::to_string(change.count));
    return out;
  }
  std::string list() { return names(roster.page("", 1'000, 1 << 20).users); }

  Instant now{1s};
  std::uint64_t stamp = 0;
  PresenceRoster roster;
};

// --- who is there --------------------------------------------------------------------------------------------------

TEST_F(PresenceRosterTest, AnEmptyOneHasNobodyAndNothingToTell) {
  EXPECT_EQ(roster.count(), 0u);
  EXPECT_EQ(list(), "");
  EXPECT_FALSE(roster.changed_since());
  EXPECT_FALSE(roster.next_expiry());
  EXPECT_TRUE(roster.take_change().is_empty());
}

TEST_F(PresenceRosterTest, UsersAreCountedNotConnections) {
  comes("bob");
  comes("bob");
  comes("alice");
  EXPECT_EQ(roster.count(), 2u);
  const RosterPage page = roster.page("", 10, 10'000);
  ASSERT_EQ(page.users.size(), 2u);
  EXPECT_EQ(page.users[1].user_id, "bob");
  EXPECT_EQ(page.users[1].connections, 2u);
}

TEST_F(PresenceRosterTest, ThoseFoundAreThereButHaveNotCome) {
  found("alice", 2);
  EXPECT_EQ(roster.count(), 1u);
  EXPECT_EQ(list(), "alice");
  EXPECT_EQ(change(), "=1");
}

TEST_F(PresenceRosterTest, OneFoundElsewhereAfterItHasComeHereHasNotCome) {
  comes("alice");
  found("alice");
  EXPECT_EQ(change(), "=1");
  EXPECT_EQ(roster.page("", 10, 10'000).users[0].connections, 2u);
}

TEST_F(PresenceRosterTest, AUserComesOnceAndGoesOnceHoweverManyConnectionsItHas) {
  comes("alice");
  comes("alice");
  EXPECT_EQ(change(), "+alice =1");
  goes("alice");
  pass(kGrace);
  EXPECT_EQ(change(), "=1");
  goes("alice");
  pass(kGrace);
  EXPECT_EQ(change(), "-alice =0");
  EXPECT_EQ(list(), "");
}

TEST_F(PresenceRosterTest, OneWhoWasFoundIsToldToHaveLeft) {
  found("alice");
  goes("alice");
  pass(kGrace);
  EXPECT_EQ(change(), "-alice =0");
}

TEST_F(PresenceRosterTest, SeveralConnectionsMayChangeAtOnce) {
  roster.change("alice", 3, {}, now, kGrace);
  roster.change("alice", -2, {}, now, kGrace);
  EXPECT_EQ(change(), "+alice =1");
  roster.change("alice", -1, {}, now, 0s);
  EXPECT_EQ(change(), "-alice =0");
}

// --- grace ---------------------------------------------------------------------------------------------------------

TEST_F(PresenceRosterTest, AUserInItsGraceIsThereWithoutConnections) {
  found("alice");
  goes("alice");
  EXPECT_EQ(roster.count(), 1u);
  EXPECT_EQ(roster.page("", 10, 10'000).users[0].connections, 0u);
  EXPECT_EQ(change(), "=1");
}

TEST_F(PresenceRosterTest, GraceEndsExactlyWhenItIsOver) {
  found("alice");
  goes("alice");
  EXPECT_EQ(roster.next_expiry(), now + kGrace);
  pass(kGrace - 1ns);
  EXPECT_EQ(roster.count(), 1u);
  EXPECT_FALSE(roster.changed_since());
  pass(1ns);
  EXPECT_EQ(roster.count(), 0u);
  EXPECT_EQ(roster.changed_since(), now);
  EXPECT_FALSE(roster.next_expiry());
}

TEST_F(PresenceRosterTest, ComingBackInTimeIsNeitherALeaveNorAJoin) {
  found("alice");
  goes("alice");
  pass(kGrace - 1ns);
  comes("alice");
  EXPECT_FALSE(roster.next_expiry());
  pass(10 * kGrace);
  EXPECT_EQ(change(), "=1");
  EXPECT_EQ(list(), "alice");
}

TEST_F(PresenceRosterTest, EachReloadHasAGraceOfItsOwn) {
  found("alice");
  for (int i = 0; i < 10; ++i) {
    goes("alice");
    pass(kGrace - 1ms);
    comes("alice");
    pass(1ms);
  }
  EXPECT_EQ(change(), "=1");
}

TEST_F(PresenceRosterTest, ComingBackTooLateIsALeaveAndAJoin) {
  found("alice");
  goes("alice");
  pass(kGrace);
  EXPECT_EQ(change(), "-alice =0");
  comes("alice");
  EXPECT_EQ(change(), "+alice =1");
}

TEST_F(PresenceRosterTest, GracesEndInTheirOrder) {
  found("a");
  found("b");
  found("c");
  goes("b");
  pass(1s);
  goes("a");
  pass(1s);
  goes("c");
  pass(3s);
  EXPECT_EQ(change(), "-b =2");
  pass(2s);
  EXPECT_EQ(change(), "-a c =0");
}

TEST_F(PresenceRosterTest, WithoutGraceALeaveIsOneAtOnce) {
  found("alice");
  roster.change("alice", -1, {}, now, 0s);
  EXPECT_EQ(roster.count(), 0u);
  EXPECT_EQ(change(), "-alice =0");
}

// --- merging -------------------------------------------------------------------------------------------------------

TEST_F(PresenceRosterTest, ChangesAreMergedFromTheFirstOneOn) {
  comes("a");
  const Instant first = now;
  pass(300ms);
  comes("b");
  EXPECT_EQ(roster.changed_since(), first);
  EXPECT_EQ(change(), "+a b =2");
  EXPECT_FALSE(roster.changed_since());
  comes("c");
  EXPECT_EQ(roster.changed_since(), now);
}

TEST_F(PresenceRosterTest, WhoComesAndGoesMeanwhileIsNotMentioned) {
  comes("alice");
  goes("alice");
  EXPECT_EQ(roster.count(), 0u) << "nobody has heard of it, so nobody waits for its return";
  EXPECT_FALSE(roster.next_expiry());
  EXPECT_EQ(change(), "=0");
}

TEST_F(PresenceRosterTest, WhoGoesAndComesMeanwhileIsNotMentioned) {
  found("alice");
  roster.change("alice", -1, {}, now, 0s);
  roster.change("alice", 1, {}, now, 0s);
  EXPECT_EQ(change(), "=1");
}

TEST_F(PresenceRosterTest, WhoComesGoesAndComesHasCome) {
  comes("alice");
  goes("alice");
  comes("alice");
  EXPECT_EQ(change(), "+alice =1");
  EXPECT_EQ(change(), "=1");
}

TEST_F(PresenceRosterTest, APageThatShowedSomebodyIsMadeUpFor) {
  comes("alice");
  EXPECT_EQ(list(), "alice");
  goes("alice");
  EXPECT_EQ(change(), "-alice =0") << "whoever read the list believes that it is there";
}

TEST_F(PresenceRosterTest, APageThatLackedSomebodyIsMadeUpFor) {
  found("alice");
  roster.change("alice", -1, {}, now, 0s);
  EXPECT_EQ(list(), "");
  roster.change("alice", 1, {}, now, 0s);
  EXPECT_EQ(change(), "+alice =1");
}

TEST_F(PresenceRosterTest, AChangeAfterAPageIsToldOnce) {
  EXPECT_EQ(list(), "");
  comes("alice");
  EXPECT_EQ(change(), "+alice =1");
  EXPECT_EQ(change(), "=1");
}

// --- how much is told ----------------------------------------------------------------------------------------------

std::string numbered(std::size_t i) {
  return "user" + std::to_string(10'000 + i);
}

TEST_F(PresenceRosterTest, ManyNamesFitInOneChange) {
  for (std::size_t i = 0; i < PresenceRoster::kChangeUsersMax; ++i)
    comes(numbered(i));
  const RosterChange change = roster.take_change();
  EXPECT_EQ(change.joined.size(), PresenceRoster::kChangeUsersMax);
  EXPECT_FALSE(change.is_partial);
}

TEST_F(PresenceRosterTest, MoreNamesMakeItPartialAndAreNotToldLater) {
  for (std::size_t i = 0; i <= PresenceRoster::kChangeUsersMax; ++i)
    comes(numbered(i));
  const RosterChange change = roster.take_change();
  EXPECT_EQ(change.joined.size(), PresenceRoster::kChangeUsersMax);
  EXPECT_EQ(change.count, PresenceRoster::kChangeUsersMax + 1);
  EXPECT_TRUE(change.is_partial);
  EXPECT_TRUE(roster.take_change().is_empty());
}

TEST_F(PresenceRosterTest, ThoseWhoCameAndThoseWhoWentShareTheRoom) {
  for (std::size_t i = 0; i < PresenceRoster::kChangeUsersMax; ++i)
    found(numbered(i));
  for (std::size_t i = 0; i < PresenceRoster::kChangeUsersMax; ++i)
    roster.change(numbered(i), -1, {}, now, 0s);
  comes("one more");
  const RosterChange change = roster.take_change();
  EXPECT_EQ(change.joined.size() + change.left.size(), PresenceRoster::kChangeUsersMax);
  EXPECT_TRUE(change.is_partial);
}

TEST_F(PresenceRosterTest, BytesOfInfosAreBounded) {
  const std::string info(1'022, 'x');
  for (int i = 0; i < 60; ++i)
    comes(numbered(static_cast<std::size_t>(i)), '"' + info + '"');
  const RosterChange change = roster.take_change();
  std::size_t bytes = 0;
  for (const auto& user : change.joined)
    bytes += protocol::bytes_max_in_list(user);
  EXPECT_LE(bytes, PresenceRoster::kChangeBytesMax);
  EXPECT_GT(bytes, PresenceRoster::kChangeBytesMax - 2'048);
  EXPECT_TRUE(change.is_partial);
}

TEST_F(PresenceRosterTest, NamesInAChangeOutliveTheUsers) {
  found("a name long enough not to be kept in the string itself");
  roster.change("a name long enough not to be kept in the string itself", -1, {}, now, 0s);
  const RosterChange change = roster.take_change();
  EXPECT_EQ(names(change.left), "a name long enough not to be kept in the string itself");
}

// --- infos ---------------------------------------------------------------------------------------------------------

TEST_F(PresenceRosterTest, AnInfoIsShownUntilTheUserHasGone) {
  comes("alice", R"({"away":false})");
  comes("alice");
  RosterChange change = roster.take_change();
  EXPECT_EQ(change.joined.at(0).info, R"({"away":false})");
  EXPECT_EQ(roster.page("", 1, 100).users.at(0).info, R"({"away":false})");
  roster.change("alice", -2, {}, now, 0s);
  change = roster.take_change();
  EXPECT_EQ(change.left.at(0).info, "");
  comes("alice");
  EXPECT_EQ(roster.page("", 1, 100).users.at(0).info, "");
}

TEST_F(PresenceRosterTest, OfSeveralSourcesTheInfoGivenLastCounts) {
  found("alice", 1, "1");
  shows("alice", "2", 1);
  EXPECT_EQ(info_of("alice"), "2");
  shows("alice", "3");
  EXPECT_EQ(info_of("alice"), "3");
  shows("alice", "");
  EXPECT_EQ(info_of("alice"), "2") << "the other's is left";
  shows("alice", "", 1);
  EXPECT_EQ(info_of("alice"), "");
}

TEST_F(PresenceRosterTest, WhatArrivesLateButWasGivenEarlierDoesNotCount) {
  comes("alice", "new");
  roster.change("alice", 1, GivenInfo{.source = 1, .stamp = 0, .info = {}}, now, kGrace);
  roster.change("alice", 0, GivenInfo{.source = 1, .stamp = stamp, .info = "a tie"}, now, kGrace);
  EXPECT_EQ(info_of("alice"), "a tie") << "of two at once the one of the higher source";
  shows("alice", "newest");
  roster.change("alice", 0, GivenInfo{.source = 1, .stamp = 1, .info = "old"}, now, kGrace);
  EXPECT_EQ(info_of("alice"), "newest");
}

TEST_F(PresenceRosterTest, AnotherInfoIsTold) {
  found("alice", 1, "1");
  shows("alice", "2");
  EXPECT_TRUE(roster.changed_since());
  EXPECT_EQ(change(), "~alice(2) =1");
  shows("alice", "");
  EXPECT_EQ(change(), "~alice() =1");
  shows("alice", "3");
  EXPECT_EQ(change(), "~alice(3) =1");
  EXPECT_EQ(change(), "=1");
}

TEST_F(PresenceRosterTest, AnInfoThatIsWhatItWasIsNotTold) {
  found("alice", 1, "1");
  shows("alice", "2");
  shows("alice", "1");
  EXPECT_EQ(change(), "=1");
  shows("alice", "1");
  EXPECT_FALSE(roster.changed_since());
}

TEST_F(PresenceRosterTest, AnInfoThatAPageMayHaveShownOtherwiseIsTold) {
  found("alice", 1, "1");
  shows("alice", "2");
  EXPECT_EQ(info_of("alice"), "2");
  shows("alice", "1");
  EXPECT_EQ(change(), "~alice(1) =1");
}

TEST_F(PresenceRosterTest, WhoCameIsToldOnceWithTheInfoOfNow) {
  comes("alice", "1");
  shows("alice", "2");
  const RosterChange change = roster.take_change();
  ASSERT_EQ(change.joined.size(), 1u);
  EXPECT_EQ(change.joined[0].info, "2");
  EXPECT_TRUE(change.changed.empty());
}

TEST_F(PresenceRosterTest, WhoGoesIsShownAsBeforeWhileItMayComeBack) {
  found("alice", 1, "1");
  roster.change("alice", -1, GivenInfo{}, now, kGrace);
  EXPECT_EQ(info_of("alice"), "1");
  EXPECT_EQ(change(), "=1");
  comes("alice", "1");
  EXPECT_EQ(change(), "=1") << "and is shown as it was";
}

TEST_F(PresenceRosterTest, WhoComesBackShowingItselfOtherwiseIsTold) {
  for (const Duration grace : {kGrace, Duration::zero()}) {
    for (const std::string_view info : {"2", ""}) {
      PresenceRoster tested;
      tested.add_found("alice", 1, GivenInfo{.source = 0, .stamp = 1, .info = "1"});
      tested.change("alice", -1, GivenInfo{}, now, grace);
      std::optional<GivenInfo> shown;
      if (!info.empty()) shown = GivenInfo{.source = 1, .stamp = 2, .info = info};
      tested.change("alice", 1, shown, now, grace);
      const RosterChange change = tested.take_change();
      EXPECT_TRUE(change.joined.empty() && change.left.empty());
      ASSERT_EQ(change.changed.size(), 1u);
      EXPECT_EQ(change.changed[0].info, info);
    }
  }
}

TEST_F(PresenceRosterTest, ChangedInfosShareTheRoomWithThoseWhoCome) {
  for (std::size_t i = 0; i < PresenceRoster::kChangeUsersMax; ++i)
    found(numbered(i));
  for (std::size_t i = 0; i < PresenceRoster::kChangeUsersMax; ++i)
    shows(numbered(i), "1");
  comes("one more");
  const RosterChange change = roster.take_change();
  EXPECT_EQ(change.changed.size(), PresenceRoster::kChangeUsersMax);
  EXPECT_TRUE(change.is_partial);
}

TEST_F(PresenceRosterTest, AnInfoOfSomebodyWhoIsNotThereLeavesNothing) {
  shows("nobody", "1");
  EXPECT_EQ(list(), "");
  EXPECT_FALSE(roster.changed_since());
}

// --- pages ---------------------------------------------------------------------------------------------------------

TEST_F(PresenceRosterTest, PagesGoByTheBytesOfTheNames) {
  for (const char* user : {"b", "\xc3\xa9", "a", "B", "aa"})
    comes(user);
  EXPECT_EQ(list(), "B a aa b \xc3\xa9");
}

TEST_F(PresenceRosterTest, APageEndsAtItsLimit) {
  for (std::size_t i = 0; i < 10; ++i)
    comes(numbered(i));
  EXPECT_EQ(roster.page("", 9, 100'000).next, numbered(8));
  EXPECT_EQ(roster.page("", 10, 100'000).next, "");
  EXPECT_EQ(roster.page("", 11, 100'000).users.size(), 10u);
  const RosterPage rest = roster.page(numbered(8), 9, 100'000);
  EXPECT_EQ(names(rest.users), numbered(9));
  EXPECT_EQ(rest.next, "");
}

TEST_F(PresenceRosterTest, APageEndsBeforeItGetsTooLongButHoldsOneUser) {
  for (std::size_t i = 0; i < 4; ++i)
    comes(numbered(i), '"' + std::string(500, 'x') + '"');
  const RosterPage all = roster.page("", 10, 10'000);
  const std::size_t two =
      2 * protocol::bytes_max_in_list(all.users[0]) + protocol::bytes_max_of_next(all.users[0].user_id);
  EXPECT_EQ(roster.page("", 10, two - 1).users.size(), 1u);
  EXPECT_EQ(roster.page("", 10, two).users.size(), 2u);
  EXPECT_EQ(roster.page("", 10, two + 1).users.size(), 2u);
  EXPECT_EQ(roster.page("", 10, 1).users.size(), 1u);
  EXPECT_EQ(roster.page("", 10, 1).next, numbered(0));
}

TEST_F(PresenceRosterTest, PagingGoesOnBehindSomebodyWhoHasGone) {
  for (std::size_t i = 0; i < 6; ++i)
    found(numbered(i));
  const std::string next(roster.page("", 3, 100'000).next);
  roster.change(next, -1, {}, now, 0s);
  roster.take_change();
  comes(next + "x");
  EXPECT_EQ(names(roster.page(next, 2, 100'000).users), next + "x " + numbered(3));
}

TEST_F(PresenceRosterTest, ThoseWhoHaveGoneAreNotListedThoughThatIsNotToldYet) {
  found("a");
  found("b");
  roster.change("a", -1, {}, now, 0s);
  EXPECT_EQ(list(), "b");
}

/// Every user that stays from beginning to end is listed once, whoever comes and goes while the list is read.
TEST_F(PresenceRosterTest, PagingMissesAndRepeatsNobodyWhileOthersComeAndGo) {
  std::mt19937 random(7);
  for (std::size_t i = 0; i < 200; i += 2)
    found(numbered(i));
  std::set<std::string> others;
  std::vector<std::string> listed;
  std::string next;
  do {
    const RosterPage page = roster.page(next, 7, 100'000);
    for (const auto& user : page.users)
      listed.emplace_back(user.user_id);
    next = page.next;
    for (int n = 0; n < 20; ++n) {
      const std::string other = numbered(random() % 100 * 2 + 1);
      const bool is_there = !others.insert(other).second;
      if (is_there) others.erase(other);
      roster.change(other, is_there ? -1 : 1, {}, now, 0s);
    }
    if (random() % 3 == 0) roster.take_change();
  } while (!next.empty());
  EXPECT_TRUE(std::ranges::is_sorted(listed));
  EXPECT_TRUE(std::ranges::adjacent_find(listed) == listed.end());
  std::size_t stayed = 0;
  for (const std::string& user : listed)
    stayed += (user.back() - '0') % 2 == 0 ? 1 : 0;
  EXPECT_EQ(stayed, 100u);
}

// --- all together --------------------------------------------------------------------------------------------------

/// A watcher that applies every change to the list that it once read knows who is there, whatever happens and however
/// often the list is read again.
TEST_F(PresenceRosterTest, ListAndChangesTogetherAreTheTruth) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    PresenceRoster tested;
    std::vector<int> connections(20);
    std::map<std::string, std::string> known;  // user: info
    std::uint64_t last_stamp = 0;
    const auto apply = [&](const RosterChange& change) {
      for (const auto& joined : change.joined)
        known[std::string(joined.user_id)] = joined.info;
      for (const auto& changed : change.changed) {
        ASSERT_TRUE(known.contains(std::string(changed.user_id)) || change.is_partial) << "seed " << seed;
        known[std::string(changed.user_id)] = changed.info;
      }
      for (const auto& left : change.left)
        known.erase(std::string(left.user_id));
      ASSERT_EQ(known.size(), change.count) << "seed " << seed;
    };
    const auto listed = [&] {
      std::map<std::string, std::string> users;
      for (const auto& user : tested.page("", 1'000, 1 << 20).users)
        users.emplace(user.user_id, user.info);
      return users;
    };
    for (int step = 0; step < 2'000; ++step) {
      now += std::chrono::milliseconds(random() % 500);
      tested.expire(now);
      const std::size_t user = random() % connections.size();
      const int delta = random() % 3 == 0 ? 0 : connections[user] > 0 && random() % 2 == 0 ? -1 : 1;
      connections[user] += delta;
      std::optional<GivenInfo> given;
      if (connections[user] == 0) {
        given = GivenInfo{};
      } else if (random() % 2 == 0) {
        const auto source = static_cast<std::uint32_t>(random() % 2);
        const std::string_view info = random() % 2 == 0 ? "a" : "b";
        given = GivenInfo{.source = source, .stamp = random() % 3 == 0 ? 0 : ++last_stamp, .info = info};
      }
      tested.change(numbered(user), delta, given, now, random() % 4 == 0 ? 0s : 2s);
      if (random() % 10 == 0) known = listed();
      if (random() % 10 == 0) apply(tested.take_change());
    }
    now += 1h;
    tested.expire(now);
    apply(tested.take_change());
    EXPECT_EQ(known, listed()) << "seed " << seed;
    std::set<std::string> there;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      if (connections[i] > 0) there.insert(numbered(i));
    }
    EXPECT_EQ(known.size(), there.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace switchboard::room
