// The users who have connections on this shard, and which those are: where direct messages go. An idle connection costs
// two links of four bytes and its share of a table that holds no names, only a keyed hash of each: who is meant, the
// session knows. Nothing of rooms or messages is known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/flat_map.h"
#include "base/siphash.h"
#include "base/slot_table.h"
#include "shard/client.h"

namespace switchboard::shard {

class Users {
 public:
  /// `key`: so that no client can aim at another user's place. The table of clients must outlive it.
  Users(HashKey key, SlotTable<Client>& clients) : key_(key), clients_(clients) {}

  /// The client's session has its user and keeps it as long as it stands here. Once. O(1), however many connections the
  /// user has.
  void add(Client& client);
  /// Harmless when it is not there: then false. O(1).
  bool remove(Client& client);

  /// Calls f(Client&) for each connection of that user, the last one added first. `f` must not add or remove any.
  template <class F>
  void for_each_of(std::string_view user_id, F&& f) {
    for_some_of(user_id, [&](Client& client) {
      f(client);
      return true;
    });
  }

  /// The same until f(Client&) returns false.
  template <class F>
  void for_some_of(std::string_view user_id, F&& f) {
    bool goes_on = true;
    const auto found = first_.find(hash(user_id));
    if (found == first_.end()) return;
    for (std::uint32_t slot = found->second; goes_on && slot != UserLinks::kNone;) {
      Client& client = clients_.at_index(slot);
      slot = client.same_user.next;
      if (client.session().user_id() == user_id) goes_on = f(client);
    }
  }

  /// About how many users there are: those whose hashes are equal count once.
  std::size_t size() const { return first_.size(); }
  /// Places in the table, taken or not. For tests and reports.
  std::size_t places() const { return first_.places(); }

 private:
  // 32 bits of it: two users of a shard may well share them. Then they share a chain, and names are compared anyway.
  std::uint32_t hash(std::string_view user_id) const { return static_cast<std::uint32_t>(siphash13(key_, user_id)); }

  HashKey key_;
  SlotTable<Client>& clients_;
  FlatMap<std::uint32_t, std::uint32_t> first_;  // hash: slot of the first client of the chain
};

}  // namespace switchboard::shard
