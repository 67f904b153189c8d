#include "base/flat_map.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace switchboard {
namespace {

constexpr HashKey kKey{1, 2};

TEST(FlatMap, FindsWhatWasPutIn) {
  FlatMap<std::uint64_t, int> map;
  EXPECT_EQ(map.find(7), map.end());
  EXPECT_TRUE(map.emplace(7, 70).second);
  EXPECT_FALSE(map.emplace(7, 71).second) << "one that is there stays as it was";
  map[8] = 80;
  ASSERT_NE(map.find(7), map.end());
  EXPECT_EQ(map.find(7)->second, 70);
  EXPECT_EQ(map.find(8)->second, 80);
  EXPECT_EQ(map.size(), 2u);
}

TEST(FlatMap, ErasesByKeyAndByPlace) {
  FlatMap<std::uint64_t, int> map;
  for (std::uint64_t key = 0; key < 100; ++key)
    map.emplace(key, 1);
  for (std::uint64_t key = 0; key < 100; key += 2)
    EXPECT_EQ(map.erase(key), 1u);
  EXPECT_EQ(map.erase(0), 0u);
  map.erase(map.find(1));
  EXPECT_EQ(map.size(), 49u);
  EXPECT_FALSE(map.contains(1));
  EXPECT_TRUE(map.contains(3));
}

TEST(FlatMap, ErasingLeavesTheOthersWhereTheyAre) {
  FlatMap<std::uint64_t, int> map;
  for (std::uint64_t key = 0; key < 1'000; ++key)
    map.emplace(key, 1);
  const int* kept = &map.find(500)->second;
  for (std::uint64_t key = 0; key < 1'000; ++key) {
    if (key != 500) map.erase(key);
  }
  EXPECT_EQ(&map.find(500)->second, kept);
}

TEST(FlatMap, HoldsWhatCanOnlyBeMoved) {
  FlatMap<std::uint64_t, std::unique_ptr<int>> map;
  for (std::uint64_t key = 0; key < 100; ++key)
    map.try_emplace(key, std::make_unique<int>(static_cast<int>(key)));
  EXPECT_EQ(*map.find(99)->second, 99);
}

TEST(FlatMap, VisitsEachOnce) {
  FlatMap<std::uint64_t, int> map;
  for (std::uint64_t key = 0; key < 100; ++key)
    map.emplace(key, 1);
  std::set<std::uint64_t> seen;
  map.for_each_unordered([&](std::uint64_t key, int) { EXPECT_TRUE(seen.insert(key).second); });
  EXPECT_EQ(seen.size(), 100u);
}

TEST(FlatMap, GivesThePlacesOfAPeakBackAndKeepsThoseOfAFew) {
  FlatMap<std::uint64_t, std::uint64_t> map;
  for (std::uint64_t key = 0; key < 100'000; ++key)
    map.emplace(key, key);
  const std::size_t peak = map.places();
  EXPECT_GE(peak, 100'000u);
  EXPECT_LE(peak, 100'000u * 5 / 2);
  map.shrink_if_sparse();
  EXPECT_EQ(map.places(), peak) << "it is full";
  for (std::uint64_t key = 100; key < 100'000; ++key) {
    map.erase(key);
    map.shrink_if_sparse();
  }
  EXPECT_LE(map.places(), 2'048u);
  for (std::uint64_t key = 0; key < 100; ++key)
    EXPECT_EQ(map.find(key)->second, key);

  FlatMap<std::uint64_t, int> small;
  for (std::uint64_t key = 0; key < 800; ++key)
    small.emplace(key, 1);
  const std::size_t places = small.places();
  for (std::uint64_t key = 0; key < 800; ++key) {
    small.erase(key);
    small.shrink_if_sparse();
  }
  EXPECT_EQ(small.places(), places) << "a small table is not made again and again";
}

TEST(FlatMap, AnEmptyOneHasNoPlaces) {
  EXPECT_EQ((FlatMap<std::uint64_t, int>().places()), 0u);
}

TEST(NameMap, LooksUpAViewInATableOfStrings) {
  NameMap<int> table(NameHash{kKey});
  table.emplace("lobby", 1);
  table.emplace(std::string("attic"), 2);
  const auto found = table.find(std::string_view("attic"));
  ASSERT_NE(found, table.end());
  EXPECT_EQ(found->second, 2);
  EXPECT_EQ(table.find(std::string_view("cellar")), table.end());
  EXPECT_EQ(table.erase(std::string_view("lobby")), 1u);
}

// Ids count up in few of their bits. All places of a table, and the seven bits it keeps beside each, must be hit by
// them.
TEST(NumberHash, SpreadsNumbersThatDifferInAFewBits) {
  for (const int shift : {0, 7, 32, 56}) {
    std::set<std::uint64_t> low, high;
    for (std::uint64_t n = 0; n < 128; ++n) {
      const std::uint64_t hash = NumberHash{}(n << shift);
      low.insert(hash & 0x7f);
      high.insert(hash >> 57);
      EXPECT_NE(hash_of(n, 1), hash_of(1, n + 2)) << "which of the two it is counts";
    }
    // 128 thrown into 128 places at random hit 81 of them.
    EXPECT_GT(low.size(), 60u) << shift;
    EXPECT_GT(high.size(), 60u) << shift;
  }
}

}  // namespace
}  // namespace switchboard
