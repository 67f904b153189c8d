#include "shard/log_sizes.h"

#include <functional>
#include <gtest/gtest.h>
#include <map>

#include "base/random.h"

namespace switchboard::shard {
namespace {

class LogSizesTest : public testing::Test {
 protected:
  void put(std::uint32_t view, std::uint64_t bytes) {
    sizes.put(id(view), bytes, place_of());
    bytes_of[view] = bytes;
  }
  void remove(std::uint32_t view) {
    sizes.remove(places[view], place_of());
    bytes_of.erase(view);
  }
  static SlotId id(std::uint32_t view) { return {.index = view, .generation = 1}; }
  std::function<LogSizePlace&(SlotId)> place_of() {
    return [this](SlotId view) -> LogSizePlace& { return places[view.index]; };
  }

  LogSizes sizes;
  std::map<std::uint32_t, LogSizePlace> places;
  std::map<std::uint32_t, std::uint64_t> bytes_of;
};

TEST_F(LogSizesTest, ThereIsNoneAmongNone) {
  EXPECT_EQ(sizes.largest({}), SlotId{});
  put(1, 0);
  EXPECT_EQ(sizes.largest({}), SlotId{}) << "an empty log is nothing to give up";
}

TEST_F(LogSizesTest, TheExceptedOneIsPassedOver) {
  put(1, 1'000);
  EXPECT_EQ(sizes.largest(id(1)), SlotId{});
  put(2, 10);
  EXPECT_EQ(sizes.largest({}), id(1));
  EXPECT_EQ(sizes.largest(id(1)), id(2));
  put(3, 1'001);
  EXPECT_EQ(sizes.largest(id(3)), id(1)) << "of the same class";
}

TEST_F(LogSizesTest, TheLargestIsFoundWithinAFactorOfTwoThroughAnyChanges) {
  Random random(7);
  for (int step = 0; step < 20'000; ++step) {
    const auto view = static_cast<std::uint32_t>(random.below(50));
    if (random.below(4) == 0) {
      remove(view);
    } else {
      put(view, random.below(std::uint64_t{1} << random.below(20)));
    }
    std::uint64_t most = 0;
    for (const auto& [_, bytes] : bytes_of)
      most = std::max(most, bytes);
    const SlotId largest = sizes.largest({});
    ASSERT_EQ(static_cast<bool>(largest), most > 0);
    if (most > 0) {
      ASSERT_GT(2 * bytes_of[largest.index], most);
    }
  }
}

}  // namespace
}  // namespace switchboard::shard
