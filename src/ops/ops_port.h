// The operators' port: plain HTTP for health, readiness and metrics. Served by the main thread, so that it answers also
// when the shards are busy; it only reads their counters.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/status.h"
#include "listen/shard_group.h"
#include "log/log.h"
#include "net/address.h"
#include "net/loop.h"
#include "ops/ops_pages.h"
#include "webhook/status.h"

namespace switchboard::ops {

class OpsPort {
 public:
  /// Binds and registers with `loop`, whose tokens from 1,000 on belong to it. All references must outlive it. `store`:
  /// null when messages are not kept in a file. The error is a sentence for the operator.
  static std::expected<std::unique_ptr<OpsPort>, std::string> open(const net::ListenAddress& address, net::Loop& loop,
                                                                   listen::ShardGroup& shards,
                                                                   const broker::StoreStatus* store, log::Log& log,
                                                                   const Clock& clock);
  ~OpsPort();

  void on_ready(const net::Readiness& readiness);
  /// At least every half second: ends requests that take too long, and measures rates.
  void on_tick();
  /// Names to be asked under, besides localhost and addresses: as in server.ops_hosts.
  void set_hosts(const std::vector<std::string>& listed);
  /// Called on this thread.
  void set_key_sets(KeySets key_sets);
  /// Who says how the endpoints of webhooks are doing. Called on this thread.
  void set_webhooks(std::function<std::vector<webhook::EndpointStatus>()> webhooks);
  /// What /readyz says: false once a drain has begun.
  void set_ready(bool ready);
  const net::ListenAddress& address() const;

 private:
  struct State;
  explicit OpsPort(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace switchboard::ops
