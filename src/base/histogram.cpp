#include "base/histogram.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace switchboard {

Histogram::Histogram(int precision_bits) : precision_bits_(precision_bits) {
  SB_ASSERT(precision_bits >= 1 && precision_bits <= 14);
  buckets_.resize(static_cast<std::size_t>(64 - precision_bits) << precision_bits);
}

void Histogram::record_n(std::int64_t value, std::uint64_t count) {
  if (count == 0) return;
  value = std::max<std::int64_t>(value, 0);
  buckets_[bucket_of(value)] += count;
  count_ += count;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(count);
}

void Histogram::merge(const Histogram& other) {
  SB_ASSERT(precision_bits_ == other.precision_bits_);
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

void Histogram::reset() {
  std::ranges::fill(buckets_, 0);
  count_ = 0;
  min_ = INT64_MAX;
  max_ = 0;
  sum_ = 0;
}

std::int64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  if (percent >= 100) return max_;
  const double wanted = std::ceil(std::max(percent, 0.0) / 100 * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    passed += buckets_[bucket];
    if (passed >= rank) return std::min(highest_in(bucket), max_);
  }
  return max_;
}

std::int64_t Histogram::highest_in(std::size_t bucket) const {
  const auto row = static_cast<int>(bucket >> precision_bits_);
  if (row <= 1) return static_cast<std::int64_t>(bucket);
  const int shift = row - 1;
  const std::uint64_t leading = bucket - (static_cast<std::uint64_t>(shift) << precision_bits_);
  return static_cast<std::int64_t>(((leading + 1) << shift) - 1);
}

}  // namespace switchboard
