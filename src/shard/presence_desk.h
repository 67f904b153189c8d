// Presence, as far as this shard's clients go: queries of who is in a room, those who watch who comes and goes, and
// what members want to be shown of themselves. Who is in a tracked room is reported to its home (TrackedViews); what
// that makes of it, HomePresence knows.
#pragma once

#include <cstddef>
#include <string_view>

#include "session/host.h"
#include "shard/homes.h"
#include "shard/join_wish.h"
#include "shard/members.h"
#include "shard/tracked_views.h"
#include "shard/view_logs.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class PresenceDesk {
 public:
  PresenceDesk(RoomViews& views, TrackedViews& tracked, SlotTable<Client>& clients, Members& members, ViewLogs& logs,
               Homes& homes, Delivery& delivery, const session::SessionContext& context, ShardStats& stats)
      : views_(views),
        tracked_(tracked),
        clients_(clients),
        members_(members),
        logs_(logs),
        homes_(homes),
        delivery_(delivery),
        context_(context),
        stats_(stats) {}

  /// As in session::SessionHost.
  session::Attempt query(session::Session& session, std::uint32_t slot, const protocol::Presence& presence,
                         std::string_view command_id);

  // --- members that come and go -------------------------------------------------------------------------------------
  /// What the home has said of the room with the answer to a join, whose member has not been added.
  void track(SlotId view_id, RoomView& view, const JoinResult& joined);
  /// The member has just been added. Its room is tracked, if it wants to watch it.
  void on_joined(SlotId view_id, const RoomView& view, session::Session& session, const JoinWish& wish);
  /// That member wants to be shown so, where that can be asked for at all. "" leaves it as it is.
  void keep_info(SlotId view_id, const RoomView& view, const session::Session& session, std::string_view info);
  /// That membership, which was joined, is about to be removed ...
  void on_leaving(const session::Membership& membership, const RoomView& view, const session::Session& session);
  /// ... and has been: it does not watch that view any more.
  void on_left(SlotId view_id, session::Session& session);
  /// That membership, of one who watches, goes.
  void stop_watching(session::Session& session, std::uint32_t slot);
  /// Somebody who wanted to watch has gone before the join was answered.
  void on_watcher_gone(SlotId view_id) { tracked_.on_watcher_gone(view_id); }

  // --- what homes tell ----------------------------------------------------------------------------------------------
  void on_track(const TrackResult& track) { tracked_.on_track(track); }
  void on_change(const ViewsByFormat& views, const PresenceFrame& change);
  void on_list(const PresenceListResult& list);

  // --- turns --------------------------------------------------------------------------------------------------------
  /// Reports what waits to be reported, a bounded number.
  void run();
  bool has_work() const { return tracked_.is_walking() || (!tracked_.reports().empty() && homes_.has_room_anywhere()); }

 private:
  void watch(SlotId view_id, const RoomView& view, session::Session& session);

  RoomViews& views_;
  TrackedViews& tracked_;
  SlotTable<Client>& clients_;
  Members& members_;
  ViewLogs& logs_;
  Homes& homes_;
  Delivery& delivery_;
  const session::SessionContext& context_;
  ShardStats& stats_;
};

}  // namespace switchboard::shard
