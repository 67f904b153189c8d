#include "shard/presence_reports.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace switchboard::shard {
namespace {

constexpr std::size_t kAll = 1'000;

class PresenceReportsTest : public testing::Test {
 protected:
  using Subject = PresenceReports::Subject;

  /// "name:found/change(info)" for each user, by name; then what else there is to a report.
  static std::string text(PresenceReport report) {
    std::ranges::sort(report.users, {}, &ReportedUser::user_id);
    std::string out;
    for (const ReportedUser& user : report.users) {
      out += user.user_id + ":" + std::to_string(user.found) + "/" + std::to_string(user.change);
      if (user.info && user.info->stamp > 0) out += "(" + user.info->info + ")";
      if (user.info && user.info->stamp == 0 && user.found == 0) out += "(none any more)";
      out += " ";
    }
    out += "gone=" + std::to_string(report.watchers_gone) + " views=" + std::to_string(report.views_reported);
    return out;
  }
  std::vector<PresenceReport> flush(std::size_t reports_max = kAll) {
    std::vector<PresenceReport> sent;
    reports.flush(
        reports_max, [&](std::uint32_t home) { return home != full; },
        [&](std::uint32_t, PresenceReport&& report) { sent.push_back(std::move(report)); });
    return sent;
  }
  std::string only() {
    const auto sent = flush();
    return sent.size() == 1 ? text(sent[0]) : std::to_string(sent.size()) + " reports";
  }

  /// The info with that stamp, which is its text as well; 0: none.
  static UserInfo info(std::uint64_t stamp) {
    return {.stamp = stamp, .info = stamp == 0 ? "" : std::to_string(stamp)};
  }
  /// The user's first connection here, which gives that info.
  void joined(const Subject& subject, std::string_view user, std::uint64_t stamp) {
    reports.add_joined(subject, user);
    if (stamp > 0) reports.add_info(subject, user, 0, info(stamp));
  }
  /// Its last, which gave that info.
  void left(const Subject& subject, std::string_view user, std::uint64_t stamp = 0) {
    if (stamp > 0) reports.add_info(subject, user, stamp, info(0));
    reports.add_left(subject, user);
  }

  PresenceReports reports{HashKey{1, 2}};
  Subject room{.home = 1, .home_room = {.index = 5, .generation = 1}, .round = 7};
  std::uint32_t full = ~std::uint32_t{0};  // the home whose mailbox is full
};

TEST_F(PresenceReportsTest, WithoutChangesThereIsNothingToSay) {
  EXPECT_TRUE(reports.empty());
  EXPECT_TRUE(flush().empty());
}

TEST_F(PresenceReportsTest, AReportNamesItsRoomAndRound) {
  joined(room, "alice", 1);
  EXPECT_FALSE(reports.empty());
  const auto sent = flush();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].home_room, room.home_room);
  EXPECT_EQ(sent[0].round, 7u);
  EXPECT_EQ(text(sent[0]), "alice:0/1(1) gone=0 views=0");
  EXPECT_TRUE(reports.empty());
}

TEST_F(PresenceReportsTest, ChangesOfOneUserMerge) {
  reports.add_found(room, "alice", info(0));
  reports.add_found(room, "alice", info(1));
  joined(room, "alice", 0);
  left(room, "bob");
  left(room, "bob");
  EXPECT_EQ(only(), "alice:2/1(1) bob:0/-2 gone=0 views=0");
}

TEST_F(PresenceReportsTest, OfWhoComesAndGoesNothingIsKept) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string user = "u" + std::to_string(i);
    joined(room, user, 1);
    left(room, user, 1);
  }
  EXPECT_EQ(only(), "0 reports");
  EXPECT_TRUE(reports.empty());
}

TEST_F(PresenceReportsTest, OneWhoWasFoundAndLeftIsBoth) {
  reports.add_found(room, "alice", info(1));
  left(room, "alice");
  EXPECT_EQ(only(), "alice:1/-1(1) gone=0 views=0");
}

TEST_F(PresenceReportsTest, OneWhoLeftAndCameBackWithAnInfoTellsThat) {
  left(room, "alice");
  joined(room, "alice", 2);
  EXPECT_EQ(only(), "alice:0/0(2) gone=0 views=0");
}

TEST_F(PresenceReportsTest, AnInfoThatIsReplacedIsNotReported) {
  reports.add_info(room, "alice", 1, info(2));
  reports.add_info(room, "alice", 2, info(3));
  EXPECT_EQ(only(), "alice:0/0(3) gone=0 views=0");
  reports.add_info(room, "alice", 3, info(0));
  EXPECT_EQ(only(), "alice:0/0(none any more) gone=0 views=0");
}

TEST_F(PresenceReportsTest, AnInfoThatIsAgainWhatItWasLeavesNothing) {
  reports.add_info(room, "alice", 1, info(2));
  reports.add_info(room, "alice", 2, info(1));
  EXPECT_EQ(only(), "0 reports");
  reports.add_joined(room, "alice");
  reports.add_info(room, "alice", 1, info(2));
  reports.add_info(room, "alice", 2, info(1));
  EXPECT_EQ(only(), "alice:0/1 gone=0 views=0") << "but for what else there is to say";
}

TEST_F(PresenceReportsTest, OneWhoCameBackWithoutItsInfoTellsThat) {
  left(room, "alice", 1);
  joined(room, "alice", 0);
  EXPECT_EQ(only(), "alice:0/0(none any more) gone=0 views=0");
}

TEST_F(PresenceReportsTest, ManyUsersAreSeveralReportsAndTheEndComesInTheLast) {
  for (std::size_t i = 0; i < 2 * PresenceReports::kUsersMax + 1; ++i)
    reports.add_found(room, "u" + std::to_string(i), info(0));
  reports.add_view_reported(room);
  reports.add_watcher_gone(room);
  const auto sent = flush();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0].users.size(), PresenceReports::kUsersMax);
  EXPECT_EQ(sent[0].views_reported + sent[1].views_reported, 0u);
  EXPECT_EQ(sent[2].views_reported, 1u);
  EXPECT_EQ(sent[2].watchers_gone, 1u);
  EXPECT_EQ(sent[2].users.size(), 1u);
}

TEST_F(PresenceReportsTest, AsManyReportsAreSentAsMayBe) {
  for (std::size_t i = 0; i < 3 * PresenceReports::kUsersMax; ++i)
    reports.add_found(room, "u" + std::to_string(i), info(0));
  EXPECT_EQ(flush(2).size(), 2u);
  EXPECT_FALSE(reports.empty());
  EXPECT_EQ(flush(2).size(), 1u);
  EXPECT_TRUE(reports.empty());
}

TEST_F(PresenceReportsTest, WhatDoesNotFitWaitsAndHoldsUpNoOtherHome) {
  const Subject other{.home = 2, .home_room = room.home_room, .round = 1};
  full = 1;
  joined(room, "alice", 0);
  joined(other, "bob", 0);
  EXPECT_EQ(only(), "bob:0/1 gone=0 views=0");
  left(room, "alice");
  joined(room, "carol", 0);
  EXPECT_EQ(only(), "0 reports");
  full = 0;
  EXPECT_EQ(only(), "carol:0/1 gone=0 views=0");
}

TEST_F(PresenceReportsTest, OfAnEarlierRoundNothingIsSaidAnyMore) {
  full = 1;
  joined(room, "alice", 0);
  reports.add_view_reported(room);
  reports.add_watcher_gone(room);
  EXPECT_EQ(only(), "0 reports");
  room.round = 8;
  reports.add_found(room, "bob", info(0));
  full = 0;
  EXPECT_EQ(only(), "bob:1/0 gone=0 views=0");
}

}  // namespace
}  // namespace switchboard::shard
