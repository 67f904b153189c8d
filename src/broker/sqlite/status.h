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

  // Any thread may read these.
  MetricList metrics;
  Counter commits{metrics, "switchboard_store_commits_total", "Messages that were written to the store."};
  Counter failures{metrics, "switchboard_store_failures_total",
                   "Messages that the store refused because it could not keep them."};
  Counter batches{metrics, "switchboard_store_batches_total", "Transactions that committed messages; one holds many."};
  Counter syncs{metrics, "switchboard_store_syncs_total", "Of these, the ones that waited for the disk (fsync)."};
  Counter trimmed{metrics, "switchboard_store_trimmed_total",
                  "Messages removed by a room's retention, or by the bound of the whole store."};
  Counter damaged{metrics, "switchboard_store_damaged_total",
                  "Stored stretches that were not what had been written, and were left out."};
  Counter doubts{metrics, "switchboard_store_doubts_total",
                 "Times that the store was not as it had been left, and all rooms began new epochs."};
  Counter losses{metrics, "switchboard_store_file_losses_total",
                 "Times that the store's open file was found removed, replaced, changed or cut short."};
  Counter checkpoints{metrics, "switchboard_store_checkpoints_total",
                      "Passes that brought the store's write-ahead log into its file."};
  Counter checkpoint_failures{metrics, "switchboard_store_checkpoint_failures_total",
                              "Such passes that failed: what was committed may not be on the disk."};
  Gauge bytes_on_disk{metrics, "switchboard_store_bytes",
                      "Size of the store on the disk, its write-ahead log included."};
  Gauge dedup_records{metrics, "switchboard_store_dedup_keys", "Dedup keys that the store knows."};
  SharedHistogram commit_ns;
  /// Not for operators but for the log: times that the file was opened after the machine had stopped without a
  /// shutdown, which began new epochs.
  SharedNumber power_losses;

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
