// An open-loop schedule: instants at a constant rate that do not wait for anybody.
#pragma once

#include <cstdint>

namespace switchboard::cli::bench {

class Schedule {
 public:
  /// From `start_ns` on, `rate` times a second, until `end_ns` (exclusive).
  Schedule(std::int64_t start_ns, std::int64_t end_ns, double rate)
      : start_ns_(start_ns), end_ns_(end_ns), interval_ns_(1e9 / rate), next_ns_(start_ns) {}

  /// INT64_MAX when it is over.
  std::int64_t next_ns() const { return next_ns_ < end_ns_ ? next_ns_ : INT64_MAX; }

  /// How many instants have been taken; the next one has this index.
  std::uint64_t index() const { return index_; }

  /// Takes the next instant. Computed from the start, so that rounding does not add up.
  void advance() {
    ++index_;
    next_ns_ = start_ns_ + static_cast<std::int64_t>(static_cast<double>(index_) * interval_ns_);
  }

 private:
  std::int64_t start_ns_;
  std::int64_t end_ns_;
  double interval_ns_;
  std::int64_t next_ns_;
  std::uint64_t index_ = 0;
};

}  // namespace switchboard::cli::bench
