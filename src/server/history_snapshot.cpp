#include "server/history_snapshot.h"

namespace switchboard::server {

HistorySnapshot snapshot_of(const broker::StoreStatus* store) {
  if (store == nullptr) {
    const broker::StoreStatus none;
    HistorySnapshot snapshot = snapshot_of(&none);
    snapshot.is_on_disk = false;
    return snapshot;
  }
  return {.is_on_disk = true,
          .state = store->state(),
          .commits = store->commits.value(),
          .failures = store->failures.value(),
          .batches = store->batches.value(),
          .syncs = store->syncs.value(),
          .trimmed = store->trimmed.value(),
          .damaged = store->damaged.value(),
          .doubts = store->doubts.value(),
          .losses = store->losses.value(),
          .checkpoints = store->checkpoints.value(),
          .checkpoint_failures = store->checkpoint_failures.value(),
          .bytes_on_disk = store->bytes_on_disk.value(),
          .dedup_records = store->dedup_records.value(),
          .commit_ns = store->commit_ns.snapshot()};
}

}  // namespace switchboard::server
