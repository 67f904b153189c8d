// Moves committed pages from the write-ahead log to the file, on a thread of its own: that takes two fsyncs, for which
// no commit should wait. Only when the writer never pauses there is a last pass left for it, over what came meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "broker/sqlite/database.h"
#include "broker/sqlite/doorbell.h"
#include "broker/sqlite/settings.h"

namespace switchboard::broker {

class Checkpointer {
 public:
  /// `opened` is the writer's: 0 while the file is not open, another number when it has been opened anew.
  Checkpointer(const SqliteSettings& settings, const std::atomic<std::uint32_t>& opened)
      : settings_(settings), opened_(opened) {}

  void start();
  void stop();

  /// The writer, when it is in no transaction. True when it is to make the last pass now.
  bool on_commit(int log_frames);

 private:
  void run();
  void pass();

  enum class State : std::uint8_t { kIdle, kWanted, kLastPass };

  const SqliteSettings& settings_;
  const std::atomic<std::uint32_t>& opened_;
  Database database_;
  std::uint32_t opened_as_ = 0;
  std::atomic<State> state_{State::kIdle};
  std::atomic<bool> is_stopping_{false};
  int frames_after_last_pass_ = 0;  // the writer's
  Doorbell doorbell_;
  std::thread thread_;
};

}  // namespace switchboard::broker
