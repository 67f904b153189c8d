#include "session/memberships.h"

#include <gtest/gtest.h>
#include <vector>

#include "base/random.h"

namespace switchboard::session {
namespace {

SlotId room(std::uint32_t index) {
  return {.index = index, .generation = 1};
}

TEST(Memberships, AreFoundThroughAnyChangesWithAndWithoutAnIndex) {
  Random random(3);
  for (const std::uint32_t most : {3u, Memberships::kSearched, Memberships::kSearched + 1, 200u}) {
    Memberships memberships;
    for (int step = 0; step < 5'000; ++step) {
      const auto index = static_cast<std::uint32_t>(random.below(most));
      if (const auto slot = memberships.find(room(index))) {
        ASSERT_EQ(memberships[*slot].room, room(index));
        memberships.erase(*slot);
        ASSERT_FALSE(memberships.find(room(index)));
      } else {
        memberships.push_back({.room = room(index), .is_watcher = index % 3 == 0});
        ASSERT_EQ(memberships.find(room(index)), memberships.size() - 1);
      }
      std::uint32_t watchers = 0;
      for (std::uint32_t slot = 0; slot < memberships.size(); ++slot) {
        ASSERT_EQ(memberships.find(memberships[slot].room), slot);
        watchers += memberships[slot].is_watcher ? 1 : 0;
      }
      ASSERT_EQ(memberships.watchers(), watchers);
    }
    memberships.clear();
    EXPECT_TRUE(memberships.empty());
    EXPECT_FALSE(memberships.find(room(1)));
  }
}

}  // namespace
}  // namespace switchboard::session
