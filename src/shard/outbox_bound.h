// What waits for single clients of a shard, all of it together, and its bound: above it those give way whose sockets
// have taken nothing for a while.
#pragma once

#include <cstddef>

#include "session/context.h"
#include "shard/settings.h"
#include "shard/stats.h"
#include "shard/stuck_clients.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class OutboxBound {
 public:
  OutboxBound(StuckClients& stuck, const ShardSettings& settings, const session::ConnectionContext& context,
              ShardStats& stats)
      : stuck_(stuck), settings_(settings), context_(context), stats_(stats) {}

  /// Ends clients that have taken nothing for a while until so many bytes more may wait for others. False when there
  /// are none left to end.
  bool make_room(std::size_t bytes) {
    while (context_.outboxes.bytes() + bytes > settings_.outbox_bytes_max) {
      Client* client = stuck_.take(context_.now);
      if (client == nullptr) return false;
      client->connection.shed();
      stats_.shed.add();
    }
    return true;
  }

 private:
  StuckClients& stuck_;
  const ShardSettings& settings_;
  const session::ConnectionContext& context_;
  ShardStats& stats_;
};

}  // namespace switchboard::shard
