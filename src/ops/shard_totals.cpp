#include "ops/shard_totals.h"

#include "listen/shard_group.h"

namespace switchboard::ops {

void ShardTotals::add(const shard::ShardStats& shard, const session::SessionStats& sessions) {
  shards_.push_back({.shard = &shard, .sessions = &sessions});
}

MetricTotals ShardTotals::metrics() const {
  MetricTotals totals;
  for (const One& one : shards_) {
    totals.add(one.shard->metrics);
    totals.add(one.sessions->metrics);
  }
  return totals;
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
