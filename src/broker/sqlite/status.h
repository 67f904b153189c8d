// How the store is: for readiness, metrics and logs. Written by the store's writer thread, read by any.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "base/counter.h"
#include "base/shared_histogram.h"
#include "base/time.h"

namespace switchboard::broker {

struct StoreState {
  bool is_ok = true;
  std::string reason;    // a sentence that says what is wrong and what to do; "" while it is ok
  UnixMillis since = 0;  // when it became so
};

class StoreStatus {
 public:
  /// Called on the writer thread (of the first state: on the opening one) whenever `state()` has become another one.
  using Observer = std::function<void(const StoreState&)>;

  StoreStatus();

  /// Any thread.
  StoreState state() const;

  // Any thread may read these. Without `_total` in the name of the metric: bytes_on_disk, dedup_records.
  Counter commits;            // messages
  Counter duplicates;         // publishes that were found to have been committed before
  Counter failures;           // publishes that were refused
  Counter batches;            // transactions with publishes in them that were committed
  Counter syncs;              // of those, with an fsync
  Counter trimmed;            // messages that retention, or the bound of the whole store, removed
  Counter bytes_on_disk;      // the file and its write-ahead log
  Counter dedup_records;      // keys known at the moment
  Counter power_losses;       // times it was opened after the machine had stopped without a shutdown: new epochs
  SharedHistogram commit_ns;  // how long a batch's transaction took

  /// Before the store's threads are started.
  void observe(Observer observer) { observer_ = std::move(observer); }

  // The writer.
  void ok(UnixMillis now);
  void failing(std::string reason, UnixMillis now);

 private:
  void change(StoreState state);

  mutable std::mutex mutex_;  // not on a shard's path: readiness, metrics and changes only
  StoreState state_;
  Observer observer_;
};

}  // namespace switchboard::broker
