// A log-linear ("HDR") histogram of non-negative 64-bit values: any range, a fixed relative error, constant memory.
// For one thread; what another thread reads while it is written is base/shared_histogram.h.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace switchboard {

class Histogram {
 public:
  static constexpr int kDefaultPrecisionBits = 6;

  /// Every power of two is cut into 2^precision_bits equal buckets, so a percentile is off by less than
  /// 2^-precision_bits (1/64) of its value. From 1 to 14 bits; memory is (64 - bits) * 2^bits * 8 bytes: 29 KB for 6.
  explicit Histogram(int precision_bits = kDefaultPrecisionBits);

  /// A negative value counts as 0.
  void record(std::int64_t value) {
    value = std::max<std::int64_t>(value, 0);
    ++buckets_[bucket_of(value)];
    ++count_;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
    sum_ += static_cast<double>(value);
  }
  void record_n(std::int64_t value, std::uint64_t count);

  /// Adds everything recorded in `other`, which must have the same precision.
  void merge(const Histogram& other);

  void reset();

  std::uint64_t count() const { return count_; }

  /// Exact; 0 when nothing was recorded.
  std::int64_t min() const { return count_ == 0 ? 0 : min_; }
  std::int64_t max() const { return max_; }

  /// Exact but for the rounding of a double; 0 when nothing was recorded.
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

  /// The smallest value that at least `percent` % (0 to 100) of the values do not exceed, never rounded down: at most
  /// one bucket too high, and never beyond max(). 0 when nothing was recorded. Walks the buckets.
  std::int64_t percentile(double percent) const;

 private:
  // Values below 2^bits have a bucket each. From there on every power of two [2^(bits+s), 2^(bits+s+1)) has 2^bits
  // buckets of width 2^s, which start at bucket (s + 1) * 2^bits.
  std::size_t bucket_of(std::int64_t value) const {
    const auto bits = static_cast<std::uint64_t>(value);
    const int shift = static_cast<int>(std::bit_width(bits)) - 1 - precision_bits_;
    if (shift <= 0) return bits;
    return (static_cast<std::size_t>(shift) << precision_bits_) + (bits >> shift);
  }
  std::int64_t highest_in(std::size_t bucket) const;

  int precision_bits_;
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = INT64_MAX;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace switchboard
