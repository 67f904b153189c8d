// How the store is: for readiness, metrics and logs. Written by the store's threads and by who watches them, read by
// any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/shared_histogram.h"
#include "base/time.h"

namespace switchboard::broker {

struct StoreState {
  bool is_ok = true;
  bool is_keeping = true;  // false: publishers are refused
  std::string reason;      // a sentence that says what is wrong and what to do; "" while it is ok
  UnixMillis since = 0;    // when it became so
};

/// What can be wrong, each with an end of its own; of several the first is told.
enum class StoreTrouble : std::uint8_t {
  kFile,        // it cannot be written: publishers are refused
  kHang,        // the disk does not answer: they are, after a while
  kCheckpoint,  // it is written, but does not reach the disk, and its write-ahead log grows
  kSlowSync,    // likewise: fsync does not return
};
inline constexpr std::size_t kStoreTroubles = 4;

class StoreStatus {
 public:
  /// Called on one of the store's threads or its watcher's, one at a time (of the first state: on the opening one),
  /// whenever `state()` has become another one.
  using Observer = std::function<void(const StoreState&)>;
  /// Likewise with a sentence about something that has happened and is over: it belongs into a log.
  using NoticeObserver = std::function<void(const std::string&)>;

  StoreStatus();

  /// Any thread.
  StoreState state() const;

  // Any thread may read these. Without `_total` in the name of the metric: bytes_on_disk, dedup_records.
  Counter commits;              // messages
  Counter duplicates;           // publishes that were found to have been committed before
  Counter failures;             // publishes that were refused
  Counter batches;              // transactions with publishes in them that were committed
  Counter syncs;                // of those, with an fsync
  Counter trimmed;              // messages that retention, or the bound of the whole store, removed
  Counter bytes_on_disk;        // the file and its write-ahead log
  Counter dedup_records;        // keys known at the moment
  Counter damaged;              // stored stretches (blocks, rows) that were not what had been written: left out
  Counter doubts;               // times the file was not as it had been left: new epochs
  Counter losses;               // times the open file was found removed, replaced, changed or cut
  Counter checkpoints;          // passes that brought the write-ahead log into the file
  Counter checkpoint_failures;  // passes that failed: what was committed may not be on the disk
  Counter power_losses;         // times it was opened after the machine had stopped without a shutdown: new epochs
  SharedHistogram commit_ns;    // how long a batch's transaction took

  /// Before the store's threads are started. Notices from before are told during this.
  void observe(Observer observer, NoticeObserver on_notice = nullptr);

  // Any thread of the store, and who watches it.
  void ok(StoreTrouble trouble, UnixMillis now);
  void failing(StoreTrouble trouble, std::string reason, UnixMillis now);
  void notice(const std::string& sentence);

 private:
  void tell();

  mutable std::mutex mutex_;  // not on a shard's path: readiness, metrics and changes only
  std::array<StoreState, kStoreTroubles> troubles_;
  StoreState state_;
  std::mutex telling_;  // one at a time, and the newest state last
  Observer observer_;
  NoticeObserver on_notice_;
  std::vector<std::string> untold_;  // notices that nobody was there for
};

}  // namespace switchboard::broker
