// A shard on a thread of its own: its loop, its listening sockets, and the way to hand it work from outside.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "listen/accept_gate.h"
#include "listen/admission.h"
#include "listen/proxy_stage.h"
#include "listen/shard_listener.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_context.h"
#include "shard/shard.h"

namespace switchboard::listen {

class ShardThread {
 public:
  /// Throws std::system_error when the loop cannot be made.
  ShardThread(std::uint32_t index, shard::ShardSettings settings, const shard::ShardParts& parts,
              std::vector<ShardListener> listeners, Admission& admission);
  ~ShardThread();
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  /// What connections to come through TLS listeners get; there must be something before one of those is accepted from.
  /// Before the start, or on the shard's thread.
  void use_tls(std::shared_ptr<net::TlsContext> context, std::uint32_t handshakes_max);

  void start();
  /// Runs `work` on the shard's thread, soon. Any thread.
  void post(std::function<void(ShardThread&)> work);
  /// Ends the thread after its current turn, whatever is still open. Any thread.
  void stop();
  void join();

  /// Takes whoever waits in the accept queues that nobody else takes over, then closes the listening sockets. On the
  /// shard's thread.
  void stop_accepting();

  shard::Shard& shard() { return shard_; }
  const shard::Shard& shard() const { return shard_; }
  /// Milliseconds of the monotonic clock at the beginning of the latest turn; for the readiness check. Any thread.
  std::int64_t heartbeat_ms() const { return heartbeat_ms_.load(std::memory_order_relaxed); }

 private:
  void run();
  void run_posted();
  void accept_from_shared(std::size_t listener);
  void accept_from(std::size_t listener, std::size_t budget);
  void await_proxy_header(net::FileDescriptor socket, std::size_t listener, const net::PeerAddress& proxy);
  void on_proxy_header(std::uint32_t index, bool hung_up);
  void turn_away_silent_proxies();
  void turn_away(const net::PeerAddress& peer, std::string_view reason);
  SlotId take(net::FileDescriptor socket, const ShardListener& from, const net::PeerAddress& peer);
  void take_for_api(net::FileDescriptor socket, const ShardListener& from, const net::PeerAddress& peer);
  const net::AddressSet& trusted_proxies(const ShardListener& from) const;
  std::unique_ptr<net::Transport> transport_for(net::FileDescriptor socket, const ShardListener& from);
  void watch_those_open();
  void watch(std::size_t listener);
  void unwatch(std::size_t listener);
  void on_accept_failed(std::size_t listener, const net::Accepted& failed);
  std::optional<Duration> time_to_wait();

  const Clock& clock_;
  shard::Exchange& exchange_;
  Admission& admission_;
  net::Loop loop_;
  shard::Shard shard_;
  shard::ConnectionObserver& observer_;
  std::vector<ShardListener> listeners_;
  AcceptGate gate_;            // which of them are to be watched
  std::vector<bool> watched_;  // which of them are
  Instant next_complaint_{};   // about failures to accept
  ProxyStage proxy_stage_;
  std::shared_ptr<net::TlsContext> tls_;  // of this shard alone
  std::uint32_t handshakes_max_ = 0;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> heartbeat_ms_{0};

  std::atomic<bool> has_posted_{false};
  std::mutex posted_mutex_;  // for posted_ only: control, never data
  std::vector<std::function<void(ShardThread&)>> posted_;
};

}  // namespace switchboard::listen
