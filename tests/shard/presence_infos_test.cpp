#include "shard/presence_infos.h"

#include <gtest/gtest.h>

namespace switchboard::shard {
namespace {

constexpr SlotId kOneView{.index = 1, .generation = 1};
constexpr SlotId kOtherView{.index = 2, .generation = 1};
constexpr SlotId kPhone{.index = 1, .generation = 1};
constexpr SlotId kLaptop{.index = 2, .generation = 1};
constexpr SlotId kReused{.index = 1, .generation = 2};

class PresenceInfosTest : public testing::Test {
 protected:
  std::string of(std::string_view user, SlotId view = kOneView) const {
    const UserInfo latest = infos.latest(view, user);
    EXPECT_EQ(latest.stamp, infos.latest_stamp(view, user));
    return latest.stamp == 0 ? "none" : latest.info;
  }

  const Instant now{std::chrono::seconds(1)};
  PresenceInfos infos;
};

TEST_F(PresenceInfosTest, OfSeveralConnectionsTheLatestCountsUntilItLeaves) {
  EXPECT_EQ(of("alice"), "none");
  infos.give(kOneView, kPhone, "alice", "1", now);
  infos.give(kOneView, kLaptop, "alice", "2", now);
  EXPECT_EQ(of("alice"), "2");
  infos.give(kOneView, kPhone, "alice", "3", now);
  EXPECT_EQ(of("alice"), "3");
  infos.drop(kOneView, kPhone, "alice");
  EXPECT_EQ(of("alice"), "2");
  infos.drop(kOneView, kLaptop, "alice");
  EXPECT_EQ(of("alice"), "none");
  EXPECT_EQ(infos.size(), 0u);
}

TEST_F(PresenceInfosTest, OtherUsersAndViewsAreApart) {
  infos.give(kOneView, kPhone, "alice", "1", now);
  infos.give(kOneView, kLaptop, "alic", "2", now);
  infos.give(kOtherView, kPhone, "alice", "3", now);
  EXPECT_EQ(of("alice"), "1");
  EXPECT_EQ(of("alic"), "2");
  EXPECT_EQ(of("alicf"), "none");
  EXPECT_EQ(of("alice", kOtherView), "3");
  EXPECT_EQ(of("alic", kOtherView), "none");
  infos.drop(kOneView, kReused, "alice");
  infos.drop(kOneView, kPhone, "alice");
  EXPECT_EQ(of("alice", kOtherView), "3");
}

TEST_F(PresenceInfosTest, StampsGrowWithTheClockAndAreNeverTheSame) {
  infos.give(kOneView, kPhone, "alice", "1", now);
  const std::uint64_t first = infos.latest_stamp(kOneView, "alice");
  EXPECT_EQ(first, 1'000'000'000u);
  infos.give(kOneView, kPhone, "alice", "2", now);
  EXPECT_EQ(infos.latest_stamp(kOneView, "alice"), first + 1);
  infos.give(kOneView, kPhone, "alice", "3", now - std::chrono::seconds(1));
  EXPECT_EQ(infos.latest_stamp(kOneView, "alice"), first + 2);
  infos.give(kOneView, kPhone, "alice", "4", now + std::chrono::seconds(1));
  EXPECT_EQ(infos.latest_stamp(kOneView, "alice"), 2 * first);
  EXPECT_EQ(infos.size(), 1u);
}

}  // namespace
}  // namespace switchboard::shard
