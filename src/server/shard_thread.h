// A shard on a thread of its own: its loop, its listening sockets, and the way to hand it work from outside.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "net/listener.h"
#include "net/loop.h"
#include "server/admission.h"
#include "shard/shard.h"

namespace switchboard::server {

class ShardThread {
 public:
  /// The listeners are this shard's own (SO_REUSEPORT). Throws std::system_error when the loop cannot be made.
  ShardThread(std::uint32_t index, shard::ShardSettings settings, const shard::ShardParts& parts,
              std::vector<net::Listener> listeners, Admission& admission);
  ~ShardThread();
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  void start();
  /// Runs `work` on the shard's thread, soon. Any thread.
  void post(std::function<void(ShardThread&)> work);
  /// Ends the thread after its current turn, whatever is still open. Any thread.
  void stop();
  void join();

  /// Takes whoever waits in the accept queue, then closes the listening sockets. On the shard's thread.
  void stop_accepting();

  shard::Shard& shard() { return shard_; }
  const shard::Shard& shard() const { return shard_; }
  /// Milliseconds of the monotonic clock at the beginning of the latest turn; for the readiness check. Any thread.
  std::int64_t heartbeat_ms() const { return heartbeat_ms_.load(std::memory_order_relaxed); }

 private:
  void run();
  void run_posted();
  void accept_from(std::size_t listener, std::size_t budget);
  void pause_accepting();
  void resume_accepting();
  std::optional<Duration> time_to_wait();

  const Clock& clock_;
  shard::Exchange& exchange_;
  Admission& admission_;
  net::Loop loop_;
  shard::Shard shard_;
  std::vector<net::Listener> listeners_;
  std::optional<Instant> accept_again_at_;  // accepting is paused for want of file descriptors
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> heartbeat_ms_{0};

  std::atomic<bool> has_posted_{false};
  std::mutex posted_mutex_;  // for posted_ only: control, never data
  std::vector<std::function<void(ShardThread&)>> posted_;
};

}  // namespace switchboard::server
