#include "base/slot_table.h"

#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace switchboard {
namespace {

TEST(SlotId, PacksIntoAWordAndBack) {
  const SlotId id{0x12345678, 0x9abcdef1};
  EXPECT_EQ(id.pack(), 0x9abcdef112345678u);
  EXPECT_EQ(SlotId::unpack(id.pack()), id);
  EXPECT_EQ(SlotId{}.pack(), 0u);
  EXPECT_FALSE(SlotId{});
  EXPECT_TRUE(id);
}

TEST(SlotTable, FindsAnObjectUntilItIsErased) {
  SlotTable<std::string> table;
  const auto [id, name] = table.emplace(3, 'x');
  EXPECT_EQ(name, "xxx");
  EXPECT_TRUE(id);
  EXPECT_EQ(table.find(id), &name);
  EXPECT_EQ(&table.at_index(id.index), &name);
  EXPECT_EQ(table.id_at(id.index), id);

  table.erase(id);
  EXPECT_EQ(table.find(id), nullptr);
  EXPECT_EQ(table.id_at(id.index), SlotId{});
  table.erase(id);
  EXPECT_TRUE(table.empty());
}

TEST(SlotTable, FindsNothingForIdsItNeverGaveOut) {
  SlotTable<int> table;
  EXPECT_EQ(table.find(SlotId{}), nullptr);
  const SlotId id = table.emplace(1).first;
  EXPECT_EQ(table.find(SlotId{}), nullptr);
  EXPECT_EQ(table.find({id.index, id.generation + 1}), nullptr);
  EXPECT_EQ(table.find({id.index + 1, 0}), nullptr);  // a slot that was never used
  EXPECT_EQ(table.find({1u << 30, 1}), nullptr);
  table.erase(id);
  EXPECT_EQ(table.find({id.index, id.generation + 1}), nullptr);  // the generation of a free slot
}

TEST(SlotTable, GivesASlotUsedAgainAnotherGeneration) {
  SlotTable<int> table;
  const SlotId first = table.emplace(1).first;
  table.erase(first);
  const SlotId second = table.emplace(2).first;
  EXPECT_EQ(second.index, first.index);
  EXPECT_NE(second.generation, first.generation);
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_EQ(*table.find(second), 2);
}

TEST(SlotTable, RemembersGenerationsOfPagesGivenBack) {
  SlotTable<int> table;
  std::vector<SlotId> ids;
  for (int i = 0; i < 1000; ++i)
    ids.push_back(table.emplace(i).first);
  for (const SlotId id : ids)
    table.erase(id);
  EXPECT_LE(table.page_count(), 1u);
  for (int i = 0; i < 1000; ++i)
    table.emplace(i);
  for (const SlotId id : ids)
    EXPECT_EQ(table.find(id), nullptr);
}

TEST(SlotTable, AddsAPageWhenTheLastIsFull) {
  SlotTable<int> table;
  for (std::size_t i = 0; i < SlotTable<int>::kPageSlots; ++i)
    table.emplace(0);
  EXPECT_EQ(table.page_count(), 1u);
  table.emplace(0);
  EXPECT_EQ(table.page_count(), 2u);
}

TEST(SlotTable, GivesPagesBackAndKeepsOneSpare) {
  SlotTable<int> table;
  std::vector<SlotId> ids;
  for (int i = 0; i < 64 * 100; ++i)
    ids.push_back(table.emplace(i).first);
  EXPECT_EQ(table.page_count(), 100u);
  for (std::size_t i = 64; i < ids.size(); ++i)
    table.erase(ids[i]);
  EXPECT_EQ(table.page_count(), 2u);
  for (std::size_t i = 0; i < 64; ++i)
    EXPECT_EQ(*table.find(ids[i]), static_cast<int>(i));
}

TEST(SlotTable, UsesTheLowestFreeSlotFirst) {
  SlotTable<int> table;
  std::vector<SlotId> ids;
  for (int i = 0; i < 64 * 70; ++i)
    ids.push_back(table.emplace(i).first);
  for (const std::size_t i : {4479u, 70u, 3u, 64u * 66u})
    table.erase(ids[i]);
  EXPECT_EQ(table.emplace(0).first.index, 3u);
  EXPECT_EQ(table.emplace(0).first.index, 70u);
  EXPECT_EQ(table.emplace(0).first.index, 64u * 66u);
  EXPECT_EQ(table.emplace(0).first.index, 4479u);
  EXPECT_EQ(table.emplace(0).first.index, 4480u);
}

TEST(SlotTable, VisitsEveryObjectWhileTheyAreErased) {
  SlotTable<int> table;
  for (int i = 0; i < 200; ++i)
    table.emplace(i);
  int next = 0;
  table.for_each([&](SlotId id, int& value) {
    EXPECT_EQ(value, next++);
    if (value % 2 == 0 || value >= 64) table.erase(id);
  });
  EXPECT_EQ(next, 200);
  EXPECT_EQ(table.size(), 32u);
  int left = 0;
  table.for_each([&](SlotId, int& value) { left += value % 2; });
  EXPECT_EQ(left, 32);
}

TEST(SlotTable, ShowsAnObjectAsGoneToItsOwnDestructor) {
  struct Watcher {
    SlotTable<Watcher>* table;
    SlotId id;
    bool* found_itself;
    ~Watcher() { *found_itself = table->find(id) != nullptr; }
  };
  bool found_itself = true;
  SlotTable<Watcher> table;
  auto [id, watcher] = table.emplace(&table, SlotId{}, &found_itself);
  watcher.id = id;
  table.erase(id);
  EXPECT_FALSE(found_itself);
}

TEST(SlotTable, DestroysWhatIsLeftInIt) {
  const auto object = std::make_shared<int>();
  {
    SlotTable<std::shared_ptr<int>> table;
    for (int i = 0; i < 100; ++i)
      table.emplace(object);
    EXPECT_EQ(object.use_count(), 101);
  }
  EXPECT_EQ(object.use_count(), 1);
}

TEST(SlotTable, AgreesWithAMapUnderRandomUse) {
  Random random(5);
  SlotTable<std::string> table;
  std::map<SlotId, std::pair<std::string*, std::string>> expected;
  std::vector<SlotId> gone;
  for (int step = 0; step < 20'000; ++step) {
    const bool growing = step / 2000 % 2 == 0;
    if (random.below(10) < (growing ? 7u : 3u)) {
      const auto [id, object] = table.emplace(random.token(30));
      ASSERT_TRUE(expected.try_emplace(id, &object, object).second);
    } else if (!expected.empty()) {
      auto victim = expected.lower_bound(SlotId{static_cast<std::uint32_t>(random.below(1000)), 0});
      if (victim == expected.end()) victim = expected.begin();
      table.erase(victim->first);
      gone.push_back(victim->first);
      expected.erase(victim);
    }
    ASSERT_EQ(table.size(), expected.size());
  }
  for (const auto& [id, object] : expected) {
    ASSERT_EQ(table.find(id), object.first);
    ASSERT_EQ(*object.first, object.second);
  }
  for (const SlotId id : gone)
    ASSERT_EQ(table.find(id), nullptr);
}

}  // namespace
}  // namespace switchboard
