// The logs of the rooms that have members here: what was committed is appended to those it is for, and all logs
// together stay within their bound.
#pragma once

#include <cstdint>
#include <string_view>

#include "room/chunk_pool.h"
#include "session/context.h"
#include "shard/delivery.h"
#include "shard/messages.h"
#include "shard/room_views.h"
#include "shard/settings.h"
#include "shard/stats.h"
#include "shard/sweep.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it. `chunks`: what all views' logs are made of.
class ViewLogs {
 public:
  ViewLogs(RoomViews& views, SlotTable<Client>& clients, room::ChunkPool& chunks, Delivery& delivery, Sweep& sweep,
           const ShardSettings& settings, const session::SessionContext& context, ShardStats& stats)
      : views_(views),
        clients_(clients),
        chunks_(chunks),
        delivery_(delivery),
        sweep_(sweep),
        settings_(settings),
        context_(context),
        stats_(stats) {}

  /// To those of the room's views that are given messages; `excluded` is the connection that must not get it, or none.
  void append(const ViewsByFormat& views, Seq seq, const wire::Formatted& message, SlotId excluded);
  /// The next of that view, whatever it is: it gets in line for the sweep. O(1) amortised.
  void append(SlotId view_id, RoomView& view, Seq seq, const wire::Formatted& message, SlotId excluded);

  /// The next message of that room has this number. Nearly always that is the one that follows; otherwise nobody here
  /// has joined it, so that its home, which tells who has when its counter begins anew, owes nobody here an
  /// explanation.
  void expect_next(RoomView& view, std::string_view epoch, Seq seq);
  /// The room's counter was lost and begun anew. What members have not been given of the epoch before is lost: they are
  /// told so.
  void begin_epoch(const EpochResult& epoch);

 private:
  void append_if_joined(SlotId view_id, Seq seq, const wire::Formatted& message, SlotId excluded);
  void keep_within_bound(SlotId appended);

  RoomViews& views_;
  SlotTable<Client>& clients_;
  room::ChunkPool& chunks_;
  Delivery& delivery_;
  Sweep& sweep_;
  const ShardSettings& settings_;
  const session::SessionContext& context_;
  ShardStats& stats_;
};

}  // namespace switchboard::shard
