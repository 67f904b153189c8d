// Rooms that clients have lost by a revocation and are to be taken out of: at once, or when what they have asked for is
// answered, which is not disturbed.
#pragma once

#include <compare>
#include <set>
#include <string>

#include "base/slot_table.h"
#include "shard/client.h"

namespace switchboard::shard {

/// The shard's thread only.
class LostRooms {
 public:
  /// Once more is as once.
  void add(SlotId client, const std::string& room_id) { waiting_.insert({client, room_id}); }

  /// Takes those out that nothing is owed to, and calls on_left(Client&) for each. To be called in every turn: what is
  /// waited for comes with one.
  template <class F>
  void run(SlotTable<Client>& clients, F&& on_left) {
    std::erase_if(waiting_, [&](const Lost& lost) {
      Client* const client = clients.find(lost.client);
      if (client == nullptr || !client->session().is_open()) return true;
      session::Session& session = client->session();
      if (!session.is_answered()) return false;
      // It may have left meanwhile, or have shown a fresh token.
      const auto slot = session.find_joined(lost.room_id);
      if (!slot || (session.credentials() != nullptr && !session.has_lost(lost.room_id))) return true;
      session.lose(*slot, "revoked");
      on_left(*client);
      return true;
    });
  }

 private:
  struct Lost {
    SlotId client;
    std::string room_id;
    friend auto operator<=>(const Lost&, const Lost&) = default;
  };

  std::set<Lost> waiting_;  // as many as clients are in rooms, at the most
};

}  // namespace switchboard::shard
