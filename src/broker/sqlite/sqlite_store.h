// The embedded store of a whole process: one file, one thread that writes it and two that read, and a channel for each
// shard. What is in the file is known to the Writer and the Reader; here are only the threads around them.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "broker/sqlite/settings.h"
#include "broker/sqlite/status.h"
#include "broker/sqlite/worker_thread.h"
#include "broker/store.h"

namespace switchboard::broker {

class SqliteStore final : public Store {
 public:
  /// Opens or makes the file. Fails, with a sentence for the operator, where trying again cannot help: the file is
  /// something else, is of a newer version, or its folder does not exist. What may pass (full, locked, not writable,
  /// damaged and to be replaced) gives a store whose status is failing and that tries again by itself.
  /// `wake` is called on the store's threads after answers for that shard have been handed over; it must be callable
  /// from any thread and may come for nothing. `clock` must be callable from any thread and outlive the store.
  /// `may_open` is asked on the store's threads whenever the file is about to be opened or made: a sentence for the
  /// operator when it must not be, because the folder is not this process's any more. Null: nothing stands against it.
  static std::expected<std::unique_ptr<SqliteStore>, std::string> open(
      const SqliteSettings& settings, std::uint32_t shards, std::function<void(std::uint32_t shard)> wake,
      const Clock& clock, std::function<std::optional<std::string>()> may_open = nullptr);
  ~SqliteStore() override;  // stops

  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  StoreChannel& channel(std::uint32_t shard) override;

  /// For readiness, metrics and logs; its observer is to be set before start().
  StoreStatus& status();

  /// Called first on each of its threads, with a name of at most 15 characters; what it returns lives as long as the
  /// store.
  using BeginThread = std::function<WorkerThread(const char* name)>;

  /// `begin_thread` null: nobody cares.
  void start(const BeginThread& begin_thread = nullptr);
  /// To be called a few times a second, on any one thread: looks whether a call into the disk does not return, and
  /// tells the status.
  void watch(Instant now);
  /// Commits what was handed in, marks the file as cleanly closed and ends the threads. Answers can still be taken.
  /// After this nothing may be submitted. Idempotent.
  void stop();

 private:
  struct Parts;
  explicit SqliteStore(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace switchboard::broker
