#include "shard/members.h"

#include "base/assert.h"

namespace switchboard::shard {

using session::Membership;
using session::Session;

std::uint32_t Members::add(Session& session, const Membership& membership) {
  session.memberships().push_back(membership);
  // The sweep may be half through the client's rooms: whatever has come or moved must not be missed.
  client_of(session).rooms_to_look_at = session.memberships().size();
  return session.memberships().size() - 1;
}

Membership Members::remove(Session& session, std::uint32_t slot) {
  auto& memberships = session.memberships();
  const Membership membership = memberships[slot];
  Client& client = client_of(session);
  if (client.unfinished.room == membership.room) delivery_.save_unfinished(client);
  if (client.replaying) replays_.end(client, membership.room);

  memberships.erase(slot);
  client.rooms_to_look_at = memberships.size();  // as in `add`
  if (slot != memberships.size() && memberships[slot].has_cursor()) {
    views_.at(memberships[slot].room).room.member(memberships[slot].member).slot = slot;
  }
  if (!membership.has_cursor()) return membership;

  RoomView& view = views_.at(membership.room);
  erase_member(view, membership.member);
  if (membership.is_implicit) --view.implicit_members;
  sweep_.want(membership.room, view);
  return membership;
}

void Members::drop_if_unused(SlotId view_id) {
  RoomView& view = views_.at(view_id);
  if (!view.room.members().empty()) return;
  if (view.joins_under_way > 0) {
    delivery_.trim(view, view.room.log.end());  // whoever is on the way begins behind it
    return;
  }
  if (view.is_presence) tracked_.set_watchers(views_.find(view.room.id(), view.format), {});
  if (view.is_tracked) tracked_.on_dropped(view_id);
  views_.erase(view_id);
}

/// The room's last member takes its place.
void Members::erase_member(RoomView& view, std::uint32_t index) {
  view.room.remove(index);
  if (index == view.room.members().size()) return;
  const room::Member& moved = view.room.members()[index];
  Membership& membership = clients_.at_index(moved.session).session().memberships()[moved.slot];
  SB_ASSERT(membership.member == view.room.members().size() && membership.has_cursor());  // where it stood till now
  membership.member = index;
}

void Members::move_cursor(Session& session, std::uint32_t slot, Seq cursor) {
  const SlotId view_id = session.memberships()[slot].room;
  RoomView& view = views_.at(view_id);
  erase_member(view, session.memberships()[slot].member);
  session.memberships()[slot].member = view.room.add(session.id().index, slot, cursor);
  view.room.ask_for_lap();
  sweep_.want(view_id, view);
}

}  // namespace switchboard::shard
