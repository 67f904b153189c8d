// All shards of the process: made together, drained together, asked together.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/keys.h"
#include "broker/store.h"
#include "config/config.h"
#include "listen/connection_log.h"
#include "listen/listening_sockets.h"
#include "listen/shard_thread.h"
#include "listen/tls_contexts.h"
#include "listen/user_accounts.h"

namespace switchboard::listen {

/// What is behind the shards. Each may be missing, and must outlive them.
struct ShardServices {
  broker::Store* store = nullptr;       // null: messages are kept in memory
  shard::Revoker* revoker = nullptr;    // null: nothing can be revoked
  shard::EventSink* events = nullptr;   // null: nobody wants to know what happens
  shard::HookAsker* hooks = nullptr;    // null: nobody is asked before clients are obeyed
  shard::Webhooks* webhooks = nullptr;  // null: there are none
};

class ShardGroup {
 public:
  /// Listens on `sockets` with every shard. The error is a sentence for the operator.
  static std::expected<std::unique_ptr<ShardGroup>, std::string> open(const config::Config& config,
                                                                      const ListeningSockets& sockets,
                                                                      const Clock& clock, ConnectionLog& observer,
                                                                      Admission& admission,
                                                                      const ShardServices& services = {});

  /// One for each shard, for the connections to come; before the start. None: nobody uses TLS.
  void use_tls(const TlsContexts& contexts, std::uint32_t handshakes_max);
  void start();
  /// Begins the drain: takes the accept queue, closes the listeners, sends everybody away over `over`.
  void drain(Duration over);
  /// Takes a changed configuration and its TLS contexts, as use_tls() does. `done` is called by the last shard that has
  /// them, on its thread: whoever connects from then on gets the new ones.
  void reload(const config::Config& config, const TlsContexts& contexts, std::function<void()> done);
  /// Such tokens are no good from now on, on no shard. `done` is called by the last shard that has closed whom it
  /// concerns, on its thread.
  void revoke(const auth::Revocation& revocation, std::function<void(std::uint64_t connections)> done);
  /// Runs `work` on that shard's thread, soon. Any thread.
  void post(std::uint32_t shard, std::function<void(shard::Shard&)> work);
  /// After something was put where that shard looks for it. Any thread.
  void wake(std::uint32_t shard) { exchange_.wake_if_asleep(shard); }
  /// Ends the threads, whatever is open. Idempotent.
  void stop();

  std::uint64_t connections() const;
  /// To the HTTP API: once a drain has begun those that still wait for an answer.
  std::uint64_t api_connections() const;
  std::size_t size() const { return threads_.size(); }
  shard::Shard& shard(std::size_t index) { return threads_[index]->shard(); }
  const ShardThread& thread(std::size_t index) const { return *threads_[index]; }

 private:
  ShardGroup(std::uint32_t shards, const Clock& clock) : exchange_(shards), user_accounts_(clock) {}

  /// Runs `work` on the thread of each shard, and `done` on that of the last one.
  void post_to_all(const std::function<void(ShardThread&)>& work, std::function<void()> done);

  shard::Exchange exchange_;
  UserAccounts user_accounts_;
  std::shared_ptr<const api::Keys> api_keys_;  // those in force: what they have used up outlives a reload
  std::vector<std::unique_ptr<ShardThread>> threads_;
};

}  // namespace switchboard::listen
