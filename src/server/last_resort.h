// Sees to it that the process ends when it is told to, whatever of it is blocked: a thread of its own takes the
// signals, tells the main thread, and ends the process by itself when that has not done so in time, or at a second
// signal. It touches no disk, and nothing that a thread which does may hold.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "base/time.h"
#include "net/file_descriptor.h"
#include "server/ending.h"

namespace switchboard::server {

enum class Signal { kTerminate, kReload };

class LastResort {
 public:
  /// Called on its thread right before the process is ended with exit code 1: `step` is kAtOnce or kTimeUp. Must be
  /// quick and must not wait for anybody.
  using LastWords = std::function<void(Ending::Step step)>;

  /// Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it will start, ignores SIGPIPE and SIGXFSZ, and starts
  /// its own: before any other thread that has no mask of its own. `limit`: as in allow(). The clock must outlive it.
  /// Throws std::system_error.
  LastResort(LastWords last_words, Duration limit, const Clock& clock);
  /// From here on nothing ends the process but its own last steps.
  ~LastResort();
  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

  /// How long ending in good order may take, from a first signal to come. Any thread.
  void allow(Duration limit) { limit_ns_.store(limit.count(), std::memory_order_relaxed); }

  /// Readable when there is something to take.
  int fd() const { return told_.get(); }
  /// The next signal that has come, if any: at most one kTerminate; several kReload that came together are one. The
  /// main thread.
  std::optional<Signal> take();
  /// When the process must have ended; none before the first SIGTERM or SIGINT was taken. The main thread.
  std::optional<Instant> deadline() const;

 private:
  void run();
  void take_signals();
  [[noreturn]] void end(Ending::Step step);

  const LastWords last_words_;
  const Clock& clock_;
  net::FileDescriptor signals_;
  net::FileDescriptor told_;    // an eventfd
  net::FileDescriptor finish_;  // an eventfd: the destructor's
  Ending ending_;               // the thread's
  std::atomic<std::int64_t> limit_ns_;
  std::atomic<std::int64_t> deadline_ns_{0};  // of the monotonic clock; 0: none
  std::atomic<bool> has_terminate_{false};
  std::atomic<bool> has_reload_{false};
  std::thread thread_;
};

}  // namespace switchboard::server
