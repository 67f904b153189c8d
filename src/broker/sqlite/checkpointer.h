// Moves committed pages from the write-ahead log to the file, on a thread of its own: that takes two fsyncs, for which
// no commit should wait. Only when the writer never pauses there is a last pass left for it, over what came meanwhile.
// Also with little traffic it is done every few seconds: so the disk is asked often enough to notice that it fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "base/time.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/doorbell.h"
#include "broker/sqlite/opened_file.h"
#include "broker/sqlite/settings.h"
#include "broker/sqlite/status.h"
#include "broker/sqlite/work_watch.h"

namespace switchboard::broker {

class Checkpointer {
 public:
  /// `opened` is the writer's.
  Checkpointer(const SqliteSettings& settings, OpenedFile& opened, const Clock& clock, StoreStatus& status,
               WorkWatch& watch)
      : settings_(settings), opened_(opened), clock_(clock), status_(status), watch_(watch) {}

  /// `begin_thread` is called first on its thread, and returns what gives way there (see WorkerThread); null: nothing.
  void start(std::function<std::function<void()>()> begin_thread);
  /// Asks the thread to end; `join` waits for it.
  void stop();
  void join();
  /// Any thread: the writer has closed the file.
  void ring() { doorbell_.ring(); }

  // The writer, when it is in no transaction. The passes of one checkpoint: `is_due`, `begin`, and when it `is_done`,
  // the writer's last pass.
  bool is_due(int log_frames, Instant now);
  void begin();
  enum class Outcome : std::uint8_t { kNone, kMoved, kFailed };
  /// What came of the checkpoint that was begun; once.
  Outcome take_outcome(int log_frames, Instant now);

 private:
  enum class State : std::uint8_t { kIdle, kWanted, kMoved, kFailed };

  void run();
  void follow();
  template <class Call>
  auto watched(Call&& call);
  bool pass();
  std::optional<DatabaseError> move();

  const SqliteSettings& settings_;
  OpenedFile& opened_;
  const Clock& clock_;
  StoreStatus& status_;
  WorkWatch& watch_;
  std::function<void()> give_way_;  // its own thread's
  Database database_;
  std::uint32_t opened_as_ = 0;
  std::atomic<State> state_{State::kIdle};
  std::atomic<bool> is_stopping_{false};
  Doorbell doorbell_;
  std::thread thread_;

  // The writer's.
  int frames_after_last_pass_ = 0;
  Instant next_{};
  bool has_failed_ = false;
};

}  // namespace switchboard::broker
