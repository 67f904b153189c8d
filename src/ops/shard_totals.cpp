#include "ops/shard_totals.h"

#include <utility>

#include "listen/shard_group.h"

namespace switchboard::ops {

void ShardTotals::add(const shard::ShardStats& shard, const session::SessionStats& sessions) {
  shards_.push_back({.shard = &shard, .sessions = &sessions});
}

SharedHistogram::Snapshot ShardTotals::of(SharedHistogram shard::ShardStats::* histogram) const {
  SharedHistogram::Snapshot total;
  for (const One& one : shards_) {
    SharedHistogram::Snapshot next = (one.shard->*histogram).snapshot();
    if (total.upper_bounds.empty()) {
      total = std::move(next);
    } else {
      total.merge(next);
    }
  }
  return total;
}

ShardTotals totals_of(const listen::ShardGroup& shards) {
  ShardTotals totals;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const shard::Shard& shard = shards.thread(i).shard();
    totals.add(shard.stats(), shard.session_stats());
  }
  return totals;
}

}  // namespace switchboard::ops
