// What changes the file: takes requests in batches, one transaction each, and answers them once it is committed. Also
// opens the file, notices when it cannot be used, and tries again. Driven by whoever owns it, a batch or a slice of
// upkeep at a time, on one thread; it never waits but for the disk and, briefly, for locks of other processes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/room_cache.h"
#include "broker/sqlite/settings.h"
#include "broker/sqlite/status.h"
#include "broker/sqlite/store_file.h"
#include "broker/sqlite/upkeep.h"
#include "broker/store.h"

namespace switchboard::broker {

/// Where a store finds itself. A test has its own.
struct StoreSurroundings {
  const Clock& clock;
  std::string boot_id;  // names this run of the machine: another one means that it was stopped in between
  std::uint64_t seed = 0;
  UpkeepLimits limits = {};
};

class Writer {
 public:
  Writer(const SqliteSettings& settings, StoreSurroundings surroundings, StoreStatus& status);
  ~Writer();  // as after the process was killed: the file is not marked as closed

  /// Opens or makes the file. What can pass is told by the status, and tried again with the next batch or upkeep, once
  /// a second; the error is what cannot.
  std::optional<std::string> open();

  /// Opens and publishes only. `answers` gets one for each, in the same order. One transaction; if it fails, publishes
  /// are answered `unavailable`.
  void run_batch(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers);

  /// One slice of what has to be done beside (broker/sqlite/upkeep.h); false when nothing is left to do at the moment.
  bool run_upkeep();
  /// The next batch should wait until some upkeep was done.
  bool is_pressed();
  /// When `run_upkeep` may have something to do although no batch came.
  Instant next_upkeep() const;

  /// Marks the file as closed in good order, and closes it.
  void close();

  /// For checkpoints and their last pass, which is the writer's.
  int log_frames() const { return database_.log_frames(); }
  void checkpoint() { database_.checkpoint(); }

  // For readers, on any thread.
  const RoomCache& rooms() const { return cache_; }
  /// How many times the file has been opened; 0 while it is not open. Another number: it may be another file.
  const std::atomic<std::uint32_t>& opened() const { return opened_; }

 private:
  struct Touched {
    StoredRoom* room;
    RoomRow row;  // as it was before
    bool is_new;  // in the cache
  };

  bool ensure_open();
  std::optional<SchemaFault> open_file();
  void close_file();
  void tell_doubts(const std::string& doubts);
  void tell_damage();

  bool attempt(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers, bool opens_only);
  void open_room(const StoreOpen& open, StoreAnswer& answer);
  void publish(StorePublish& publish, StoreAnswer& answer, UnixMillis now);
  StoredRoom& room_of(std::string_view name, bool& is_new);
  void touch(StoredRoom& room, bool is_new);
  void write_row(StoredRoom& room, const StorePublish& publish, bool& tells_epoch);
  void apply();
  void undo();

  void set_synchronous(bool is_full);
  bool needs_sync(std::span<const StoreRequest> requests) const;
  void sync_again();
  bool take_failure();  // tells the status; true when there was one
  void report_success();
  void measure();
  void check_in(Instant now);

  const SqliteSettings& settings_;
  StoreSurroundings surroundings_;
  StoreStatus& status_;
  Random random_;
  RoomCache cache_;
  Database database_;
  std::unique_ptr<StoreFile> file_;
  std::unique_ptr<Upkeep> upkeep_;

  std::vector<Touched> touched_;
  std::vector<StoredRoom*> grown_;
  bool is_synchronous_ = true;
  bool changed_to_process_ = false;       // a room's durability, by the transaction under way
  std::uint64_t damaged_dedup_rows_ = 0;  // told
  std::uint32_t times_opened_ = 0;
  std::atomic<std::uint32_t> opened_{0};
  Instant next_open_{};
  Instant failed_at_{};
  Instant next_upkeep_{};  // after a failure
  Instant next_check_in_{};
};

}  // namespace switchboard::broker
