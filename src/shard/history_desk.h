// Rooms' histories, as far as this shard's clients go: pages for members that are behind, and `history` queries. Both
// are read by the room's home, wherever that is; both stand in line for a bounded number of pages.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "session/host.h"
#include "shard/history_queries.h"
#include "shard/homes.h"
#include "shard/outbox_bound.h"
#include "shard/replays.h"
#include "shard/sweep.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class HistoryDesk {
 public:
  HistoryDesk(RoomViews& views, SlotTable<Client>& clients, Homes& homes, Replays& replays, OutboxBound& outboxes,
              Delivery& delivery, Sweep& sweep, const ShardSettings& settings, const session::SessionContext& context)
      : views_(views),
        clients_(clients),
        homes_(homes),
        replays_(replays),
        outboxes_(outboxes),
        delivery_(delivery),
        sweep_(sweep),
        settings_(settings),
        context_(context) {}

  /// As in session::SessionHost.
  session::Attempt query(session::Session& session, std::uint32_t slot, const protocol::History& history,
                         std::string_view command_id);
  /// The client has joined with `since` or `last`: it is told when it has had everything up to `last`. `live_from`: see
  /// Replay.
  void begin_replay(Client& client, SlotId view_id, std::uint32_t slot, Seq last, Seq live_from);
  /// A page that was asked for. Harmless when nobody waits for it any more.
  void on_page(PageTicket ticket, const wire::PageOrError& page);

  /// Asks for the pages whose turn it is.
  void run();
  /// True when `run` would ask for one.
  bool has_work() const;

 private:
  bool request_page(SlotId view_id, const broker::ReadRange& range, PageTicket ticket);
  bool query_may_begin() const;
  void on_query_page(std::uint64_t ticket, const wire::PageOrError& page);
  bool read_on(std::uint64_t ticket, HistoryQuery& query);
  void answer(Client& client, const RoomView& view, HistoryQuery& query);

  RoomViews& views_;
  SlotTable<Client>& clients_;
  Homes& homes_;
  Replays& replays_;
  OutboxBound& outboxes_;
  Delivery& delivery_;
  Sweep& sweep_;
  const ShardSettings& settings_;
  const session::SessionContext& context_;
  HistoryQueries queries_;
  std::optional<std::uint32_t> blocked_by_;  // the home that the next page could not be asked of
};

}  // namespace switchboard::shard
