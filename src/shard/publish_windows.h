// How much each connection of a shard has on its way to a store, and all of them together: publishes whose outcome is
// not known yet. Who has as much as may be, or finds the shard's share full, waits: its session reads nothing more
// until it may go on. So whoever publishes faster than the store keeps waits alone, and nobody is refused for it.
// It counts; what is published is not its affair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/slot_table.h"
#include "shard/client.h"
#include "shard/line.h"
#include "shard/settings.h"

namespace switchboard::shard {

class PublishWindows {
 public:
  PublishWindows(SlotTable<Client>& clients, const PublishLimits& limits) : clients_(clients), limits_(limits) {}

  /// What a publish with so much text in it counts.
  static std::uint32_t cost_of(std::size_t text_bytes);

  /// The client publishes `messages` (1 or 2) that count so much each: all of them, or none. False when it has to wait,
  /// until `give_back` or `let_go_on` names it.
  bool take(Client& client, std::uint32_t messages, std::uint32_t cost);
  /// The outcome of one of them is known. The client may have gone. True when it waits, and is to try again.
  bool give_back(SlotId connection, std::uint32_t cost);

  /// Calls `f(Client&)` for those that have nothing under way and wait for the others' share, in the order they came,
  /// as far as there is room for them.
  template <class F>
  void let_go_on(F&& f) {
    for (std::size_t n = waiting_.size(); n > 0 && has_room_for_more(); --n) {
      Client* client = clients_.find(waiting_.front());
      waiting_.pop_front();
      if (client == nullptr) continue;
      client->publishing.is_in_line = false;
      if (std::exchange(client->publishing.is_waiting, false)) f(*client);
    }
  }
  /// True when `let_go_on` would find somebody.
  bool has_work() const { return !waiting_.empty() && has_room_for_more(); }

  std::uint64_t bytes() const { return bytes_; }

 private:
  bool may_take(const PublishShare& share, std::uint32_t messages, std::uint64_t cost) const;
  bool has_room_for_more() const { return bytes_ <= limits_.bytes_max / 4 * 3; }

  SlotTable<Client>& clients_;
  const PublishLimits limits_;
  std::uint64_t bytes_ = 0;
  Line waiting_;
};

}  // namespace switchboard::shard
