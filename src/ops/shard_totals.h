// What all shards together have done and hold. Every counter is declared once, where it is counted (shard::ShardStats,
// session::SessionStats), and is asked for here by that name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/shared_histogram.h"
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
  std::uint64_t of(Counter shard::ShardStats::* counter) const {
    return sum([=](const One& one) { return (one.shard->*counter).value(); });
  }
  std::uint64_t of(Counter session::SessionStats::* counter) const {
    return sum([=](const One& one) { return (one.sessions->*counter).value(); });
  }
  std::uint64_t of(Counter net::TlsStats::* counter) const {
    return sum([=](const One& one) { return (one.shard->tls.*counter).value(); });
  }
  SharedHistogram::Snapshot of(SharedHistogram shard::ShardStats::* histogram) const;

  /// By EndingCounts::kCodes.
  std::uint64_t endings(std::size_t index) const {
    return sum([=](const One& one) { return one.shard->endings.value(index); });
  }
  std::uint64_t endings_other() const {
    return sum([](const One& one) { return one.shard->endings.other(); });
  }
  std::uint64_t endings_http() const {
    return sum([](const One& one) { return one.shard->endings.http(); });
  }
  /// By protocol::ErrorCode.
  std::uint64_t errors(std::size_t code) const {
    return sum([=](const One& one) { return one.sessions->errors[code].value(); });
  }
  /// By session::RateLimit.
  std::uint64_t rate_limited(std::size_t limit) const {
    return sum([=](const One& one) { return one.sessions->rate_limited[limit].value(); });
  }

  /// Frames handed to sockets: room messages and what went to one client alone.
  std::uint64_t messages_sent() const {
    return of(&shard::ShardStats::deliveries) + of(&session::SessionStats::replies);
  }

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
