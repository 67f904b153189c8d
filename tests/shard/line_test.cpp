#include "shard/line.h"

#include <deque>
#include <gtest/gtest.h>

namespace switchboard::shard {
namespace {

TEST(Line, IsFirstInFirstOutHoweverItGrowsAndWraps) {
  Line line;
  std::deque<SlotId> model;
  std::uint32_t next = 0;
  for (const auto& [in, out] : {std::pair{15, 10}, {11, 3}, {3, 16}, {17, 0}, {40, 57}, {1, 1}}) {
    for (int i = 0; i < in; ++i) {
      line.push_back({.index = next, .generation = 1});
      model.push_back({.index = next++, .generation = 1});
    }
    for (int i = 0; i < out; ++i) {
      ASSERT_FALSE(line.empty());
      EXPECT_EQ(line.front(), model.front());
      line.pop_front();
      model.pop_front();
    }
    EXPECT_EQ(line.size(), model.size());
  }
  EXPECT_TRUE(line.empty());
}

}  // namespace
}  // namespace switchboard::shard
