#include "broker/memory/by_size.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

#include "base/random.h"

namespace switchboard::broker {
namespace {

TEST(BySize, FindsOneMoreThanHalfAsLargeAsTheLargest) {
  BySize by_size;
  EXPECT_EQ(by_size.one_of_the_largest(), nullptr);
  std::vector<Sized> things(200);
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    by_size.count(things[random.below(things.size())], random.below(4) == 0 ? 0 : random.below(1u << random.below(20)));
    std::size_t total = 0;
    std::size_t largest = 0;
    for (const Sized& thing : things) {
      total += thing.bytes;
      largest = std::max(largest, thing.bytes);
    }
    ASSERT_EQ(by_size.total(), total);
    const Sized* found = by_size.one_of_the_largest();
    ASSERT_EQ(found == nullptr, largest == 0);
    if (found != nullptr) {
      ASSERT_GT(2 * found->bytes, largest);
    }
  }
}

}  // namespace
}  // namespace switchboard::broker
