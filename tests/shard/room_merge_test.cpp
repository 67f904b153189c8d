#include "shard/room_merge.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "shard/room_names.h"

namespace switchboard::shard {
namespace {

/// Shards with their rooms, which answer what they are asked.
class RoomMergeTest : public testing::Test {
 protected:
  static std::string name(std::size_t number) {
    const std::string digits = std::to_string(number);
    return "r" + std::string(6 - digits.size(), '0') + digits;
  }
  void spread(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      rooms_.push_back(name(i));
    for (std::size_t i = 0; i < count; ++i)
      shards_[i * i % shards_.size()].add(rooms_[i]);
  }
  RoomsFound answer(std::uint32_t shard, const ListRooms& wanted) const {
    RoomsFound found;
    shards_[shard].each(wanted.prefix, wanted.after, [&](std::string_view room_id) {
      found.more = found.rooms.size() == wanted.rooms_max;
      if (!found.more) found.rooms.push_back({std::string(room_id), 1});
      return !found.more;
    });
    return found;
  }
  /// Asks until the page is done. How many were given it in all is `given_`, at most at once `given_max_`.
  RoomMerge page(
      RoomsWish wish, std::function<bool(std::string_view)> is_shown = [](std::string_view) { return true; }) {
    if (wish.bytes_max == 0) wish.bytes_max = 1'000'000;
    RoomMerge merge(static_cast<std::uint32_t>(shards_.size()), std::move(wish), std::move(is_shown));
    given_ = given_max_ = 0;
    while (!merge.is_done()) {
      std::vector<std::uint32_t> asked;
      while (const auto shard = merge.shard_to_ask()) {
        merge.note_asked(*shard);
        asked.push_back(*shard);
      }
      EXPECT_FALSE(asked.empty()) << "it waits for nothing";
      if (asked.empty()) break;
      for (; !asked.empty(); asked.pop_back()) {  // the last one asked answers first
        RoomsFound found = answer(asked.back(), merge.question_for(asked.back()));
        given_ += found.rooms.size();
        given_max_ = std::max(given_max_, found.rooms.size());
        merge.take(asked.back(), std::move(found));
      }
    }
    return merge;
  }

  std::deque<std::string> rooms_;  // in order, and where they stay
  std::vector<RoomNames> shards_ = std::vector<RoomNames>(3);
  std::size_t given_ = 0, given_max_ = 0;
};

TEST_F(RoomMergeTest, PagesOfAnySizeAreTheWholeInOrder) {
  spread(1'000);
  for (const std::uint32_t limit : {1u, 7u, 99u, 100u, 101u, 999u, 1'000u, 1'001u}) {
    std::vector<std::string> seen;
    std::string after;
    do {
      const RoomMerge merge = page({.prefix = "", .after = after, .rooms_max = limit});
      EXPECT_LE(merge.rooms().size(), limit);
      for (const ListedRoom& room : merge.rooms())
        seen.push_back(room.room_id);
      EXPECT_LE(given_max_, RoomMerge::kRoomsAtOnce);
      EXPECT_LE(given_, limit + shards_.size() * std::min(limit, RoomMerge::kRoomsAtOnce));
      after = merge.next();
    } while (!after.empty());
    EXPECT_TRUE(std::ranges::equal(seen, rooms_)) << limit;
  }
}

TEST_F(RoomMergeTest, OneShardMayHaveThemAll) {
  for (std::size_t i = 0; i < 500; ++i)
    rooms_.push_back(name(i));
  for (const std::string& room : rooms_)
    shards_[1].add(room);
  EXPECT_EQ(page({.prefix = "", .after = "", .rooms_max = 1'000}).rooms().size(), 500);
}

TEST_F(RoomMergeTest, APrefixAndWhatComesBehindAName) {
  spread(300);
  const RoomMerge merge = page({.prefix = "r0001", .after = "r000150", .rooms_max = 1'000});
  ASSERT_EQ(merge.rooms().size(), 49);
  EXPECT_EQ(merge.rooms().front().room_id, "r000151");
  EXPECT_EQ(merge.rooms().back().room_id, "r000199");
  EXPECT_EQ(merge.next(), "");
  EXPECT_EQ(page({.prefix = "r0001", .after = "a", .rooms_max = 1'000}).rooms().size(), 100) << "before the first";
  EXPECT_TRUE(page({.prefix = "r0001", .after = "s", .rooms_max = 1'000}).rooms().empty());
  EXPECT_TRUE(page({.prefix = "x", .after = "", .rooms_max = 1'000}).rooms().empty());
}

TEST_F(RoomMergeTest, NamesTakeSoManyBytesAtTheMostButForOne) {
  spread(10);
  EXPECT_EQ(page({.prefix = "", .after = "", .rooms_max = 9, .bytes_max = 1}).rooms().size(), 1);
  EXPECT_EQ(page({.prefix = "", .after = "", .rooms_max = 9, .bytes_max = 13}).rooms().size(), 1);
  const RoomMerge merge = page({.prefix = "", .after = "", .rooms_max = 9, .bytes_max = 14});
  EXPECT_EQ(merge.rooms().size(), 2);
  EXPECT_EQ(merge.next(), "r000001");
}

TEST_F(RoomMergeTest, WhoMaySeeFewLooksAtSoManyForAPage) {
  spread(RoomMerge::kLookedAtMax + 500);
  const auto last = [&](std::string_view room_id) { return room_id == rooms_.back(); };
  const RoomMerge first = page({.prefix = "", .after = "", .rooms_max = 10}, last);
  EXPECT_TRUE(first.rooms().empty());
  EXPECT_EQ(first.next(), name(RoomMerge::kLookedAtMax - 1));
  const RoomMerge second = page({.prefix = "", .after = std::string(first.next()), .rooms_max = 10}, last);
  ASSERT_EQ(second.rooms().size(), 1);
  EXPECT_EQ(second.next(), "");
}

TEST(RoomNames, UsersOwnRoomsAreNotAmongThem) {
  RoomNames names;
  names.add("@bob");
  EXPECT_EQ(names.size(), 0);
  names.add("bob");
  names.remove("@bob");
  EXPECT_EQ(names.size(), 1);
  names.remove("bob");
  EXPECT_EQ(names.size(), 0);
}

}  // namespace
}  // namespace switchboard::shard
