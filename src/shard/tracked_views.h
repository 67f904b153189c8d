// The views here whose rooms are tracked: who is in them, and who comes and goes, is noted for their homes. Nothing is
// kept of other views, but for the infos that members gave when they joined.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "shard/client.h"
#include "shard/line.h"
#include "shard/presence_infos.h"
#include "shard/presence_messages.h"
#include "shard/presence_reports.h"
#include "shard/room_views.h"

namespace switchboard::shard {

class TrackedViews {
 public:
  TrackedViews(HashKey key, RoomViews& views, SlotTable<Client>& clients)
      : views_(views), clients_(clients), reports_(key) {}

  /// What the home says. Its views may be gone.
  void on_track(const TrackResult& track);
  /// The view's room is tracked in that round (0: not any more); harmless when that is known. Who is a member already
  /// is reported as found: of many, the rest by `walk`. Before a member that must not be among them is added.
  void track(SlotId view_id, RoomView& view, SlotId home_room, TrackingRound round);

  // Of tracked views only (RoomView::is_tracked).
  /// The view's last member has just been added.
  void on_joined(SlotId view_id, const RoomView& view);
  /// That member is about to be removed.
  void on_leaving(SlotId view_id, const RoomView& view, std::uint32_t member);
  void on_watcher_gone(SlotId view_id);
  /// The view is about to be dropped.
  void on_dropped(SlotId view_id);
  /// The view of those who watch it; none when nobody does.
  SlotId watchers_of(SlotId view_id) const;
  void set_watchers(SlotId view_id, SlotId watchers);

  // Of all views.
  /// What that member's connection wants to be shown of itself in the view's room, until it leaves or says otherwise.
  /// `info`: JSON text, not "".
  void keep_info(SlotId view_id, const RoomView& view, const session::Session& session, std::string_view info,
                 Instant now);
  /// It is about to be removed. Harmless when it gave none.
  void drop_info(SlotId view_id, const RoomView& view, const session::Session& session);

  /// Reports more of those who were there, a bounded number.
  void walk();
  bool is_walking() const { return !walking_.empty(); }
  PresenceReports& reports() { return reports_; }
  const PresenceReports& reports() const { return reports_; }
  std::size_t size() const { return tracked_.size(); }
  std::size_t infos() const { return infos_.size(); }

 private:
  struct Tracked {
    PresenceReports::Subject subject;
    SlotId watchers;
    std::uint32_t walked = 0;  // members before it have been reported
    bool is_walking = true;    // so whoever is added will be
    bool is_awaited = false;   // the home waits for the end of the walk
  };
  Tracked& at(SlotId view_id) { return tracked_.find(view_id.pack())->second; }
  void untrack(SlotId view_id, RoomView& view);
  /// Reports so many more. Returns how many it did.
  std::size_t walk(const RoomView& view, Tracked& tracked, std::size_t members_max);
  void await_end_of_walk(Tracked& tracked);
  void end_walk(Tracked& tracked);
  void report_found(const RoomView& view, const Tracked& tracked, const room::Member& member);
  /// Which of the room's views here has the user's latest info; none when that user gave none.
  SlotId view_with_info(const RoomView& view, std::string_view user_id) const;
  std::uint64_t info_stamp(const RoomView& view, std::string_view user_id) const;
  UserInfo info_of(const RoomView& view, std::string_view user_id) const;

  RoomViews& views_;
  SlotTable<Client>& clients_;
  PresenceReports reports_;
  FlatMap<std::uint64_t, Tracked> tracked_;  // by packed view
  Line walking_;                             // views whose members are not all reported
  PresenceInfos infos_;
};

}  // namespace switchboard::shard
