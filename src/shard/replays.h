// All replays of a shard: who they are, whose turn it is to have a page, and which pages are on their way. At most a
// bounded number hold or await a page at once; the others stand in line and have their turns page by page. It sends
// nothing: Delivery writes, the shard asks the rooms' homes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/flat_map.h"
#include "broker/failure.h"
#include "shard/client.h"
#include "shard/line.h"
#include "shard/replay.h"
#include "shard/stats.h"
#include "wire/page.h"

namespace switchboard::shard {

class Replays {
 public:
  /// Pages end at multiples of this number, so that all who replay a room read the same ones after their first.
  static constexpr std::uint64_t kPageMessages = 256;
  /// A page that cannot be written to its client for so long is given up: others may wait for theirs, and the room may
  /// trim meanwhile what is in it.
  static constexpr Duration kPatience = std::chrono::milliseconds(250);
  /// A store that fails is asked again after 100 ms, then twice as long each time: 6.3 s together.
  static constexpr Duration kFirstRetry = std::chrono::milliseconds(100);
  static constexpr std::uint8_t kRetries = 6;

  Replays(SlotTable<Client>& clients, ShardStats& stats, std::uint32_t at_work_max)
      : clients_(clients), stats_(stats), at_work_max_(at_work_max) {}

  /// How many may hold or await a page at once (at least 1). If there are more already, they finish.
  void bound_by(std::uint32_t at_work_max) { at_work_max_ = at_work_max; }

  /// The client's membership in that view, which only lags, is to be fed from history; it has no replay yet. Stays at
  /// its address until its `end`.
  Replay& begin(Client& client, SlotId view);
  /// The same for one that was joined with `since` or `last`. `target`, `live_from`: see Replay.
  Replay& begin(Client& client, SlotId view, Seq target, Seq live_from);
  /// Null when that membership has none. To be asked only while `client.replaying`. O(1).
  Replay* find(const Client& client, SlotId view);
  /// It has reached the log, or the membership is over. Harmless when there is none.
  void end(Client& client, SlotId view);

  /// Gets in line for the page that begins with `from`; harmless when it is on its way to one.
  void want_page(Replay& replay, Seq from);
  /// The page was written, or is not needed. Harmless when it holds none.
  void drop_page(Replay& replay);

  /// Asks for the pages whose turn it is, by `ask(SlotId view, const broker::ReadRange&, std::uint64_t ticket)`: false
  /// when it cannot be sent in this turn. `on_page` may be called meanwhile.
  template <class Ask>
  void ask_for_pages(Instant now, Ask&& ask) {
    get_back_in_line(now);
    if (now >= next_look_) give_up_stuck_pages(now);
    for (int n = 0; n < kAsksPerTurn && !line_.empty() && at_work() < at_work_max_; ++n) {
      const SlotId id = line_.front();
      line_.pop_front();
      Replay* replay = replays_.find(id);
      if (replay == nullptr) continue;
      const std::uint64_t ticket = begin_read(id, *replay);
      if (!ask(replay->view, range_from(replay->wanted), ticket)) return take_back(id, *replay, ticket);
    }
  }
  /// Returns the client that is to be served; null when nobody waits for that page
  /// any more, or not yet.
  Client* on_page(std::uint64_t ticket, const wire::PageOrError& page, Instant now);

  /// True when `ask_for_pages` has something to ask for.
  bool has_work() const { return !line_.empty() && at_work() < at_work_max_; }
  /// When `ask_for_pages` is needed next if nothing else happens.
  std::optional<Instant> next_deadline() const;
  std::size_t size() const { return replays_.size(); }

 private:
  struct Key {
    SlotId client;
    SlotId view;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return hash_of(key.client.pack(), key.view.pack()); }
  };
  using Retry = std::pair<Instant, SlotId>;

  static constexpr int kAsksPerTurn = 16;  // a broker in memory makes each page on the spot

  static broker::ReadRange range_from(Seq from) {
    return {.from = from, .until = Seq{(from.value / kPageMessages + 1) * kPageMessages}};
  }
  /// Reads of members that are gone count until they are answered.
  std::size_t at_work() const { return reads_.size() + holders_.size(); }
  std::uint64_t begin_read(SlotId id, Replay& replay);
  void take_back(SlotId id, Replay& replay, std::uint64_t ticket);
  void get_back_in_line(Instant now);
  void give_up_stuck_pages(Instant now);
  void on_failed_read(SlotId id, Replay& replay, broker::Failure failure, Instant now);

  SlotTable<Client>& clients_;
  ShardStats& stats_;
  std::uint32_t at_work_max_;
  SlotTable<Replay> replays_;
  FlatMap<Key, SlotId, KeyHash> by_membership_;
  FlatMap<std::uint32_t, std::uint32_t> of_client_;  // by the client's slot: how many it has
  Line line_;
  FlatMap<std::uint64_t, SlotId> reads_;  // by ticket
  std::vector<SlotId> holders_;           // who holds a page
  std::vector<Retry> retries_;            // a heap, the earliest first
  Instant next_look_{};                   // at the pages that are held
  std::uint64_t last_ticket_ = 0;
};

}  // namespace switchboard::shard
