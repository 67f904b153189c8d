#include "base/shared_histogram.h"

#include <array>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

namespace switchboard {
namespace {

constexpr std::array<std::int64_t, 3> kBounds{10, 100, 1000};

struct Measured {
  MetricList metrics;
  SharedHistogram histogram{metrics, "waits_seconds", "How long.", kBounds};
};

TEST(SharedHistogram, IsInItsList) {
  const Measured measured;
  ASSERT_EQ(measured.metrics.entries().size(), 1u);
  const MetricList::Entry& entry = measured.metrics.entries()[0];
  EXPECT_EQ(entry.family, (MetricFamily{"waits_seconds", MetricType::kHistogram, "How long."}));
  EXPECT_EQ(std::get<const SharedHistogram*>(entry.value), &measured.histogram);
}

TEST(SharedHistogram, CountsAValueUpToAndIncludingItsBound) {
  Measured measured;
  SharedHistogram& histogram = measured.histogram;
  for (const std::int64_t value : {-1, 9, 10, 11, 1000, 1001})
    histogram.observe(value);
  const auto snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.upper_bounds, (std::vector<std::int64_t>{10, 100, 1000}));
  EXPECT_EQ(snapshot.cumulative, (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(snapshot.count, 6u);
  EXPECT_EQ(snapshot.sum, 9 + 10 + 11 + 1000 + 1001);
}

TEST(SharedHistogram, MergesSnapshotsOfSeveralWriters) {
  Measured left, right;
  left.histogram.observe(5);
  right.histogram.observe(50);
  right.histogram.observe(5000);
  auto all = left.histogram.snapshot();
  all.merge(right.histogram.snapshot());
  EXPECT_EQ(all.cumulative, (std::vector<std::uint64_t>{1, 2, 2}));
  EXPECT_EQ(all.count, 3u);
  EXPECT_EQ(all.sum, 5055);
}

TEST(SharedHistogram, IsConsistentWhileAnotherThreadWrites) {
  constexpr std::uint64_t kValues = 50'000;
  Measured measured;
  SharedHistogram& histogram = measured.histogram;
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
