// What one transaction of the writer changes: rooms opened and made, messages staged for the journal. Until `apply`
// nothing of it is seen by readers; `undo` takes it back. One at a time, on the writer's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/age_clock.h"
#include "broker/sqlite/room_cache.h"
#include "broker/sqlite/status.h"
#include "broker/sqlite/store_file.h"
#include "broker/sqlite/upkeep.h"
#include "broker/store.h"

namespace switchboard::broker {

class StagedBatch {
 public:
  /// All of them outlive it.
  StagedBatch(StoreFile& file, RoomCache& cache, const AgeClock& ages, StoreStatus& status)
      : file_(file), cache_(cache), ages_(ages), status_(status) {}

  StoreOpened open(const StoreOpen& open, Instant now);
  /// `now`, `at`: when it is committed, of the wall and of the store's own clock.
  StoreCommitted publish(const StorePublish& publish, UnixMillis now, StoreMillis at);

  /// Writes the rows of what was published.
  void write(StoreMillis at);
  /// A room was changed so that it may lose messages with the machine's power, and that it may must be on the disk.
  bool must_be_synced() const { return changed_to_process_; }
  /// It was committed: readers see it.
  void apply(Upkeep& upkeep);
  /// It was not.
  void undo();

 private:
  struct Touched {
    StoredRoom* room;
    bool is_new;  // in the cache
  };

  Seq first_kept(const StoredRoom& room, Instant now);
  StoredRoom& room_of(std::string_view name, bool& is_new);
  void touch(StoredRoom& room);
  void touch_new(StoredRoom& room);
  void write_row(StoredRoom& room, const StorePublish& publish, OwnerId owner, bool& tells_epoch);

  StoreFile& file_;
  RoomCache& cache_;
  const AgeClock& ages_;
  StoreStatus& status_;
  std::vector<Touched> touched_;
  std::vector<StoredRoom*> grown_;
  bool changed_to_process_ = false;
};

}  // namespace switchboard::broker
