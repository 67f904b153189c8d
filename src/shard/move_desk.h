// Users who are put into rooms, or out of them, by the API: each connection that a user has here, one after the other,
// as soon as nothing of its own is under way. So many are looked at in a turn, in a line; whoever asked is answered
// when all are done, or given up when nobody waits for the answer any more.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "session/context.h"
#include "shard/api_messages.h"
#include "shard/client.h"
#include "shard/delivery.h"
#include "shard/homes.h"
#include "shard/settings.h"
#include "shard/user_desk.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class MoveDesk {
 public:
  struct Answer {
    std::uint32_t to_shard = 0;
    SlotId asker;
    std::uint64_t request = 0;
    ConnectionCount count;
  };

  MoveDesk(SlotTable<Client>& clients, UserDesk& users, Homes& homes, Delivery& delivery, const ShardSettings& settings,
           const session::SessionContext& context)
      : clients_(clients), users_(users), homes_(homes), delivery_(delivery), settings_(settings), context_(context) {}

  /// Ends in `take_answer`. O(the user's connections here).
  void begin(std::uint32_t from, const ApiQuestion& question, const MoveUser& move);

  // --- turns --------------------------------------------------------------------------------------------------------
  /// Some of them, behind everything in the turn that may let them go on.
  void run();
  /// One that is to be told; none when there is none.
  std::optional<Answer> take_answer();
  bool has_answer() const { return !answers_.empty(); }
  bool has_work() const { return unlooked_ > 0; }
  std::optional<Instant> next_deadline() const;

 private:
  struct Order {  // one request
    std::uint32_t from;
    SlotId asker;
    std::uint64_t request;
    MoveUser move;
    Instant until;          // when nobody waits for it any more
    std::size_t left;       // connections
    ConnectionCount count;  // of those that are done
  };
  struct Step {  // one connection of it
    std::uint64_t order;
    SlotId client;
    bool is_under_way = false;
  };

  bool look_at(Step& step, Order& order);
  bool move(Client& client, Step& step, Order& order);
  void finish(std::uint64_t number, Order& order);

  SlotTable<Client>& clients_;
  UserDesk& users_;
  Homes& homes_;
  Delivery& delivery_;
  const ShardSettings& settings_;
  const session::SessionContext& context_;
  FlatMap<std::uint64_t, Order> orders_;
  std::uint64_t last_order_ = 0;
  std::deque<Step> line_;
  std::size_t unlooked_ = 0;  // of the line, in this round
  std::deque<Answer> answers_;
};

}  // namespace switchboard::shard
