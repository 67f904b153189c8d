// What all connections of one shard share: what their sessions do, and what it takes to bring bytes to clients.
#pragma once

#include <optional>

#include "base/random.h"
#include "http/asset.h"
#include "session/connection_host.h"
#include "session/context.h"
#include "session/outbox_meter.h"
#include "ws/inflater_pool.h"
#include "ws/message_deflater.h"

namespace switchboard::session {

struct ConnectionContext : SessionContext {
  ConnectionContext(SessionHost& session_host, ConnectionHost& connection_host, const Clock& system,
                    SessionSettings initial, std::uint64_t random_seed)
      : SessionContext(session_host, system, std::move(initial)), connections(connection_host), random(random_seed) {
    for (int i = 0; i < 16; ++i)
      anonymous_tag += "0123456789abcdef"[random.below(16)];
  }

  ConnectionHost& connections;
  Random random;
  OutboxMeter outboxes;
  http::AssetTable assets;     // served to a plain GET; empty: none
  ws::InflaterPool inflaters;  // for compressed messages on their way in

  /// The shard's one deflater: for the rooms that have their home here, and for messages to one client alone. Made on
  /// first use, because a shard whose clients take no compressed messages never needs it.
  ws::MessageDeflater& deflater() {
    if (!deflater_) deflater_.emplace(settings.deflate);
    deflater_->use(settings.deflate);
    return *deflater_;
  }

 private:
  std::optional<ws::MessageDeflater> deflater_;
};

}  // namespace switchboard::session
