// What all shards together have done and hold. Every counter is declared once, where it is counted (shard::ShardStats,
// session::SessionStats), and is asked for here by that name, or with all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/metric_totals.h"
#include "session/stats.h"
#include "shard/stats.h"

namespace switchboard::listen {
class ShardGroup;
}

namespace switchboard::ops {

/// Looks at the shards' own counters, which must outlive it. Taken without a lock while they work: each number is
/// right, and two of them may be a few events apart. Any thread.
class ShardTotals {
 public:
  /// One more shard.
  void add(const shard::ShardStats& shard, const session::SessionStats& sessions);

  std::size_t shards() const { return shards_.size(); }
  /// The sum of a Counter or a Gauge.
  template <class Number>
  std::uint64_t of(Number shard::ShardStats::* number) const {
    return sum([=](const One& one) { return (one.shard->*number).value(); });
  }
  template <class Number>
  std::uint64_t of(Number session::SessionStats::* number) const {
    return sum([=](const One& one) { return (one.sessions->*number).value(); });
  }

  /// Frames handed to sockets: room messages and what went to one client alone.
  std::uint64_t messages_sent() const {
    return of(&shard::ShardStats::deliveries) + of(&session::SessionStats::replies);
  }

  /// All that they count, as it stands now.
  MetricTotals metrics() const;

 private:
  struct One {
    const shard::ShardStats* shard;
    const session::SessionStats* sessions;
  };

  template <class Value>
  std::uint64_t sum(const Value& value) const {
    std::uint64_t total = 0;
    for (const One& one : shards_)
      total += value(one);
    return total;
  }

  std::vector<One> shards_;
};

/// Of those shards, which must outlive it. Any thread.
ShardTotals totals_of(const listen::ShardGroup& shards);

}  // namespace switchboard::ops
