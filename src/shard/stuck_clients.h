// Clients whose sockets take nothing while a good deal waits for them, about in the order in which they stopped: who
// gives way when the memory for what waits is needed. Holds ids only.
#pragma once

#include <cstddef>

#include "base/time.h"
#include "shard/client.h"
#include "shard/line.h"

namespace switchboard::shard {

class StuckClients {
 public:
  /// Who has less waiting is not worth being ended for it.
  static constexpr std::size_t kWorthIt = 4'096;
  /// Whoever takes something within this time is a reader, if a slow one.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  explicit StuckClients(SlotTable<Client>& clients) : clients_(clients) {}

  /// Its socket has stopped taking bytes, or more waits for it since. O(1).
  void note(Client& client) {
    if (client.in_stuck || client.connection.outbox().capacity() < kWorthIt) return;
    client.in_stuck = true;
    line_.push_back(client.session().id());
  }

  /// One that has taken nothing for `kPatience`, the one that stopped earliest as a rule; null when there is none among
  /// the next few. Amortised O(1).
  Client* take(Instant now) {
    for (std::size_t looks = line_.size() < kLooks ? line_.size() : kLooks; looks > 0; --looks) {
      const SlotId id = line_.front();
      line_.pop_front();
      Client* client = clients_.find(id);
      if (client == nullptr) continue;
      client->in_stuck = false;
      const auto since = client->connection.outbox().blocked_since();
      if (since && now - *since >= kPatience && client->connection.outbox().capacity() >= kWorthIt) return client;
      if (since) note(*client);  // not yet
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kLooks = 16;

  SlotTable<Client>& clients_;
  Line line_;
};

}  // namespace switchboard::shard
