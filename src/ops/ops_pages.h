// What the ops port answers to each path: reads the shards' counters and says them. Knows nothing of sockets.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/status.h"
#include "fetch/fetched_verifier.h"
#include "http/request.h"
#include "listen/shard_group.h"
#include "log/log.h"
#include "ops/ops_connection.h"
#include "ops/ops_hosts.h"
#include "ops/rate_meter.h"
#include "webhook/status.h"

namespace switchboard::ops {

/// Asks how it stands with the key sets that are fetched.
using KeySets = std::function<std::vector<fetch::NamedKeySetStatus>()>;

/// One thread's, which need not be a shard's. All references must outlive it.
class OpsPages {
 public:
  /// `store`: null when messages are not kept in a file.
  OpsPages(const listen::ShardGroup& shards, const broker::StoreStatus* store, const log::Log& log, const Clock& clock);

  OpsAnswer answer(const http::Request& request) const;

  /// At least every half second: measures rates.
  void on_tick();
  /// Names to be asked under, besides localhost and addresses: as in server.ops_hosts.
  void set_hosts(std::vector<std::string> listed) { hosts_ = OpsHosts(std::move(listed)); }
  /// As OpsPort.
  void set_webhooks(std::function<std::vector<webhook::EndpointStatus>()> webhooks) { webhooks_ = std::move(webhooks); }
  void set_key_sets(KeySets key_sets) { key_sets_ = std::move(key_sets); }
  /// False once a drain has begun.
  void set_ready(bool ready) { ready_ = ready; }

  /// A shard whose latest turn is older is stalled. A healthy one turns at least once a second.
  static constexpr Duration kHeartbeatMax = std::chrono::seconds(5);

 private:
  struct Route {
    std::string_view path;
    OpsAnswer (OpsPages::*page)() const;
    std::string_view what;
  };
  static const Route kRoutes[];

  OpsAnswer health() const;
  OpsAnswer liveness() const;
  OpsAnswer readiness() const;
  OpsAnswer metrics() const;
  static OpsAnswer nothing_here();
  static OpsAnswer refuse(const http::RequestError& error);

  const listen::ShardGroup& shards_;
  const broker::StoreStatus* store_;
  const log::Log& log_;
  const Clock& clock_;
  const Instant started_at_;
  const UnixMillis started_ms_;
  RateMeter sent_;
  OpsHosts hosts_{{}};
  std::function<std::vector<webhook::EndpointStatus>()> webhooks_;
  KeySets key_sets_;
  bool ready_ = true;
};

}  // namespace switchboard::ops
