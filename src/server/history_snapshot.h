// How the store of the rooms' messages is and what it has done, at one moment, as plain values.
#pragma once

#include <cstdint>
#include <string>

#include "base/shared_histogram.h"
#include "broker/sqlite/status.h"

namespace switchboard::server {

/// Counters as in broker::StoreStatus, which explains them. Without a store on the disk all are 0.
struct HistorySnapshot {
  bool is_on_disk = false;  // false: messages are kept in memory only, or not at all
  broker::StoreState state;
  std::uint64_t commits = 0;
  std::uint64_t failures = 0;
  std::uint64_t batches = 0;
  std::uint64_t syncs = 0;
  std::uint64_t trimmed = 0;
  std::uint64_t damaged = 0;
  std::uint64_t doubts = 0;
  std::uint64_t losses = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpoint_failures = 0;
  std::uint64_t bytes_on_disk = 0;
  std::uint64_t dedup_records = 0;
  SharedHistogram::Snapshot commit_ns;
};

/// Any thread. Null: there is no store.
HistorySnapshot snapshot_of(const broker::StoreStatus* store);

}  // namespace switchboard::server
