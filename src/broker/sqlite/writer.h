// What changes the file: takes requests in batches, one transaction each, and answers them once it is committed. Also
// opens the file, notices when it cannot be used, and tries again. Driven by whoever owns it, a batch or a slice of
// upkeep at a time, on one thread; it never waits but for the disk and, briefly, for locks of other processes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "broker/sqlite/age_clock.h"
#include "broker/sqlite/custody.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/opened_file.h"
#include "broker/sqlite/room_cache.h"
#include "broker/sqlite/settings.h"
#include "broker/sqlite/staged_batch.h"
#include "broker/sqlite/status.h"
#include "broker/sqlite/store_file.h"
#include "broker/sqlite/unsettled_batch.h"
#include "broker/sqlite/upkeep.h"
#include "broker/store.h"

namespace switchboard::broker {

/// Where a store finds itself. A test has its own.
struct StoreSurroundings {
  const Clock& clock;
  std::string boot_id;  // names this run of the machine: another one means that it was stopped in between
  std::uint64_t seed = 0;
  UpkeepLimits limits = {};
  /// Before a file is opened, or made: a sentence when that must not be done. Null: nothing stands against it.
  std::function<std::optional<std::string>()> may_open = nullptr;
  /// The file was closed: whoever else has it open lets go of it, soon. Null: nobody has.
  std::function<void()> on_closed = nullptr;
  /// See WorkerThread. Null: never.
  std::function<void()> give_way = nullptr;
};

class Writer {
 public:
  Writer(const SqliteSettings& settings, StoreSurroundings surroundings, StoreStatus& status);
  ~Writer();  // as after the process was killed: the file is not marked as closed

  /// Opens or makes the file. What can pass is told by the status, and tried again with the next batch or upkeep, once
  /// a second; the error is what cannot.
  std::optional<std::string> open();

  /// Opens and publishes only. `answers` gets one for each, in the same order. One transaction; if it fails, publishes
  /// are answered `unavailable`. When nobody can say whether it has failed, `answers` stays empty, and is given by
  /// `settle`.
  void run_batch(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers);
  /// There is a batch whose outcome is not known. Until it is, others are refused.
  bool is_unsettled() const { return unsettled_.has_value(); }
  /// The file has been opened anew, and says what became of that batch: its answers. False while it cannot be opened.
  bool settle(std::vector<StoreAnswer>& answers);
  /// Nobody will ever know: the answers are refusals.
  void give_up_settling(std::vector<StoreAnswer>& answers);

  /// One slice of what has to be done beside (broker/sqlite/upkeep.h); false when nothing is left to do at the moment.
  bool run_upkeep();
  /// The next batch should wait until some upkeep was done.
  bool is_pressed();
  /// When `run_upkeep` may have something to do although no batch came.
  Instant next_upkeep() const;

  /// Marks the file as closed in good order, and closes it.
  void close();

  // For the checkpointer's driver. The file may be written by it from `begin_checkpoint` on.
  int log_frames() const { return file_ == nullptr ? 0 : database_.log_frames(); }
  void begin_checkpoint() { custody_.begin_checkpoint(); }
  /// The last pass over what came meanwhile; not after one that has failed, which is told by `has_failed`.
  void end_checkpoint(bool has_failed);

  // For readers, on any thread.
  const RoomCache& rooms() const { return cache_; }
  OpenedFile& opened() { return opened_; }
  const AgeClock& ages() const { return ages_; }

 private:
  bool ensure_open();
  std::optional<SchemaFault> open_file();
  std::optional<SchemaFault> take_file(Identity& identity, std::string& doubts, std::int64_t& last_row);
  void close_file();
  void tell_doubts(const std::string& doubts);
  void tell_damage();

  void make_room_for(std::span<const StoreRequest> requests);
  /// What of a batch is tried: a store that cannot be written may still be read.
  enum class Scope : std::uint8_t { kEverything, kOpens };
  bool attempt(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers, Scope scope);
  void give_way() const;

  void set_durability(room::Durability durability);
  static room::Durability durability_of(std::span<const StoreRequest> requests);
  void sync_again();
  bool take_failure();  // tells the status; true when there was one
  void fail_with(std::string sentence);
  bool begin_ours();
  void note();
  void look_after();
  void lose_file(const Custody::Finding& finding);
  void report_success();
  void measure();
  void look_at_clock();
  void keep_age();
  void check_in(Instant now);

  const SqliteSettings& settings_;
  StoreSurroundings surroundings_;
  StoreStatus& status_;
  Random random_;
  RoomCache cache_;
  Custody custody_;
  AgeClock ages_;
  Database database_;
  std::unique_ptr<StoreFile> file_;
  std::unique_ptr<Upkeep> upkeep_;
  std::optional<StagedBatch> batch_;  // while the file is open

  room::Durability durability_ = room::Durability::kPower;  // of the next commit
  std::uint64_t damaged_dedup_rows_ = 0;                    // told
  OpenedFile opened_;
  std::uint64_t lost_mappings_ = 0;  // when the file was opened
  std::optional<UnsettledBatch> unsettled_;
  Instant next_open_{};
  Instant failed_at_{};
  Instant next_upkeep_{};  // after a failure
  Instant next_check_in_{};
  Instant next_look_{};
  Instant next_age_kept_{};
  std::uint64_t commits_at_age_ = 0;
};

}  // namespace switchboard::broker
