// Who of the clients here is a member of which view. A membership is known from three sides, by the session (its list
// of memberships), by the view's room (its list of members) and by the sweep (how many rooms of a client it has still
// to look at): whatever changes one of them is done here, so that they agree. Whether a home or a watcher is to be told
// of it is its callers' affair.
#pragma once

#include <cstdint>
#include <optional>

#include "shard/delivery.h"
#include "shard/replays.h"
#include "shard/room_views.h"
#include "shard/sweep.h"
#include "shard/tracked_views.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class Members {
 public:
  Members(RoomViews& views, TrackedViews& tracked, SlotTable<Client>& clients, Delivery& delivery, Replays& replays,
          Sweep& sweep)
      : views_(views), tracked_(tracked), clients_(clients), delivery_(delivery), replays_(replays), sweep_(sweep) {}

  Client& client_of(const session::Session& session) { return clients_.at(session.id()); }
  /// The place of the session's membership in that view among its memberships; none when it has none. O(1).
  static std::optional<std::uint32_t> find(const session::Session& session, SlotId view_id) {
    return session.memberships().find(view_id);
  }

  /// One membership more, the session's last; returns its place. It has no cursor, or the view has its member already.
  std::uint32_t add(session::Session& session, const session::Membership& membership);
  /// One membership fewer; the session's last one takes its place. A member is taken out of the view, whose cursor and
  /// unfinished frame go with it; `drop_if_unused` is to follow. Returns what it was.
  session::Membership remove(session::Session& session, std::uint32_t slot);
  /// The view goes, unless it has members or joins are under way. To be called for one that has lost either.
  void drop_if_unused(SlotId view_id);
  /// Its member stands at that number from now on.
  void move_cursor(session::Session& session, std::uint32_t slot, Seq cursor);

 private:
  void erase_member(RoomView& view, std::uint32_t index);

  RoomViews& views_;
  TrackedViews& tracked_;
  SlotTable<Client>& clients_;
  Delivery& delivery_;
  Replays& replays_;
  Sweep& sweep_;
};

}  // namespace switchboard::shard
