#include "base/histogram.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "base/random.h"

namespace switchboard {
namespace {

TEST(Histogram, IsAllZeroWhenEmpty) {
  Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.percentile(50), 0);
}

TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram;
  for (int value = 1; value <= 100; ++value)
    histogram.record(value);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.min(), 1);
  EXPECT_EQ(histogram.max(), 100);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50.5);
  EXPECT_EQ(histogram.percentile(0), 1);
  EXPECT_EQ(histogram.percentile(1), 1);
  EXPECT_EQ(histogram.percentile(1.5), 2);
  EXPECT_EQ(histogram.percentile(50), 50);
  EXPECT_EQ(histogram.percentile(99), 99);
  EXPECT_EQ(histogram.percentile(99.5), 100);
  EXPECT_EQ(histogram.percentile(100), 100);
}

TEST(Histogram, KeepsItsRelativeErrorAroundEveryPowerOfTwo) {
  for (const int precision_bits : {1, 6, 10}) {
    for (int power = 0; power < 63; ++power) {
      for (const int around : {-1, 0, 1}) {
        const std::int64_t value = (std::int64_t{1} << power) + around;
        Histogram histogram(precision_bits);
        histogram.record(value);
        histogram.record(INT64_MAX);  // so that max() does not make the first exact
        const std::int64_t read = histogram.percentile(50);
        EXPECT_GE(read, value);
        EXPECT_LE(static_cast<double>(read - value), std::ldexp(static_cast<double>(value), -precision_bits)) << value;
      }
    }
  }
}

TEST(Histogram, TakesTheWholeRange) {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(INT64_MAX);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.percentile(50), 0);
  EXPECT_EQ(histogram.percentile(51), INT64_MAX);
  EXPECT_EQ(histogram.max(), INT64_MAX);
}

TEST(Histogram, IsWithinItsErrorOfSortedValues) {
  Random random(3);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<std::int64_t>(random.next() >> (1 + random.below(60))));
    histogram.record(values.back());
  }
  std::ranges::sort(values);
  for (const double percent : {0.1, 10.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * 10'000));
    const auto exact = static_cast<double>(values[rank - 1]);
    const auto read = static_cast<double>(histogram.percentile(percent));
    EXPECT_GE(read, exact);
    EXPECT_LE(read, exact * (1 + 1.0 / 64));
  }
}

TEST(Histogram, MergesAsIfEverythingHadBeenRecordedInOne) {
  Histogram left, right, both;
  for (int i = 0; i < 1000; ++i) {
    Histogram& one = i % 3 == 0 ? left : right;
    one.record(i * i);
    both.record(i * i);
  }
  left.merge(right);
  left.merge(Histogram());
  EXPECT_EQ(left.count(), both.count());
  EXPECT_EQ(left.min(), both.min());
  EXPECT_EQ(left.max(), both.max());
  EXPECT_DOUBLE_EQ(left.mean(), both.mean());
  for (const double percent : {1.0, 50.0, 99.0})
    EXPECT_EQ(left.percentile(percent), both.percentile(percent));
}

TEST(Histogram, RecordsManyAtOnceAndForgetsThem) {
  Histogram histogram;
  histogram.record_n(10, 99);
  histogram.record_n(1000, 1);
  histogram.record_n(5, 0);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.min(), 10);
  EXPECT_EQ(histogram.percentile(99), 10);
  EXPECT_EQ(histogram.percentile(99.1), 1000);
  histogram.reset();
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0);
  histogram.record(7);
  EXPECT_EQ(histogram.min(), 7);
  EXPECT_EQ(histogram.percentile(50), 7);
}

}  // namespace
}  // namespace switchboard
