// What waits for one bounded thing, by who wants it: whoever has much waiting waits for himself, not the others. Turns
// go round by bytes (deficit round robin): each turn is good for a few kilobytes, and what somebody takes beyond that
// he waits for later. Of one owner everything comes in the order it was put in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "base/flat_map.h"
#include "base/number_hash.h"
#include "base/slot_table.h"

namespace switchboard::broker {

class FairLine {
 public:
  /// A connection of some shard.
  struct Owner {
    std::uint32_t shard = 0;
    SlotId connection;
    friend bool operator==(const Owner&, const Owner&) = default;
  };
  struct Item {
    SlotId id;
    std::size_t bytes = 0;
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  /// O(1).
  void push(Owner owner, Item item);
  /// Whose turn it is. Not when empty. Amortised O(1) per kilobyte.
  const Item& front();
  /// Takes out what `front` returned.
  void pop();
  /// Takes out the oldest of that owner, who must have one: it has waited long enough. O(1).
  void drop_oldest(Owner owner);

 private:
  static constexpr std::int64_t kTurnBytes = 2'048;

  struct Lane {
    Owner owner;
    std::deque<Item> items;
    std::int64_t credit = kTurnBytes;  // what is left of the turn; below 0: taken in advance
  };
  struct OwnerHash {
    std::size_t operator()(const Owner& owner) const { return hash_of(owner.connection.pack(), owner.shard); }
  };

  void forget_front();
  void forget_all_if_empty();

  FlatMap<Owner, std::unique_ptr<Lane>, OwnerHash> lanes_;
  std::deque<Lane*> turns_;  // all lanes; whose turn it is in front. One that has become empty leaves at its turn
  std::size_t size_ = 0;
};

}  // namespace switchboard::broker
