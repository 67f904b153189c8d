#include "base/shared_histogram.h"

#include <array>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

namespace switchboard {
namespace {

constexpr std::array<std::int64_t, 3> kBounds{10, 100, 1000};

TEST(Counter, GoesUpAndDown) {
  Counter counter;
  EXPECT_EQ(counter.value(), 0u);
  counter.add();
  counter.add(10);
  counter.sub(3);
  EXPECT_EQ(counter.value(), 8u);
}

TEST(SharedHistogram, CountsAValueUpToAndIncludingItsBound) {
  SharedHistogram histogram(kBounds);
  for (const std::int64_t value : {-1, 9, 10, 11, 1000, 1001})
    histogram.observe(value);
  const auto snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.upper_bounds, (std::vector<std::int64_t>{10, 100, 1000}));
  EXPECT_EQ(snapshot.cumulative, (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(snapshot.count, 6u);
  EXPECT_EQ(snapshot.sum, 9 + 10 + 11 + 1000 + 1001);
}

TEST(SharedHistogram, MergesSnapshotsOfSeveralWriters) {
  SharedHistogram left(kBounds), right(kBounds);
  left.observe(5);
  right.observe(50);
  right.observe(5000);
  auto all = left.snapshot();
  all.merge(right.snapshot());
  EXPECT_EQ(all.cumulative, (std::vector<std::uint64_t>{1, 2, 2}));
  EXPECT_EQ(all.count, 3u);
  EXPECT_EQ(all.sum, 5055);
}

TEST(SharedHistogram, IsConsistentWhileAnotherThreadWrites) {
  constexpr std::uint64_t kValues = 50'000;
  SharedHistogram histogram(kBounds);
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < kValues; ++i)
      histogram.observe(static_cast<std::int64_t>(i % 2000));
  });
  std::uint64_t seen = 0;
  bool consistent = true;
  while (seen < kValues) {
    const auto snapshot = histogram.snapshot();
    consistent = consistent && snapshot.count >= seen && snapshot.cumulative[0] <= snapshot.cumulative[1] &&
                 snapshot.cumulative[1] <= snapshot.cumulative[2] && snapshot.cumulative[2] <= snapshot.count;
    seen = snapshot.count;
    std::this_thread::yield();
  }
  writer.join();
  EXPECT_TRUE(consistent);
  EXPECT_EQ(histogram.snapshot().count, kValues);
}

}  // namespace
}  // namespace switchboard
