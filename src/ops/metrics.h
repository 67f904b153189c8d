// What GET /metrics says: the Prometheus text exposition format 0.0.4. docs/OPERATIONS.md explains the metrics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/status.h"
#include "ops/process_stats.h"
#include "ops/shard_totals.h"
#include "webhook/status.h"

namespace switchboard::ops {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

struct MetricsReport {
  bool ready = true;  // false once a drain has begun
  UnixMillis started_ms = 0;
  std::uint64_t log_lines_dropped = 0;
  ProcessStats process;
  ShardTotals shards;
  const broker::StoreStatus* store = nullptr;  // null: messages are kept in memory only, or not at all
  std::vector<webhook::EndpointStatus> webhooks = {};
};

/// About 12 KB. Every family once, each with its HELP and TYPE, whether or not it has counted anything: a query for a
/// counter that has not counted yet finds 0. Only what there is one of for each endpoint of webhooks is left out while
/// there are none.
std::string metrics_text(const MetricsReport& report);

}  // namespace switchboard::ops
