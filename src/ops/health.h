// What GET /health says, as JSON for people and scripts. docs/OPERATIONS.md explains the fields.
#pragma once

#include <string>

#include "broker/sqlite/status.h"
#include "ops/shard_totals.h"

namespace switchboard::ops {

struct HealthReport {
  bool ready = true;  // false once a drain has begun
  double uptime_seconds = 0;
  double messages_per_second = 0;  // sent, over the last few seconds
  ShardTotals shards;
  const broker::StoreStatus* store = nullptr;  // null: messages are kept in memory only, or not at all
};

/// One object, one field per line.
std::string health_json(const HealthReport& report);

}  // namespace switchboard::ops
