#include "shard/membership_desk.h"

#include <utility>

#include "base/assert.h"
#include "protocol/user_room.h"

namespace switchboard::shard {

using session::Attempt;
using session::Membership;
using session::Session;

// --- what sessions ask -----------------------------------------------------------------------------------------------

std::optional<std::uint32_t> MembershipDesk::find(const Session& session, std::string_view room_id) const {
  if (session.memberships().empty()) return std::nullopt;
  const SlotId view = views_.find(room_id, session.format());
  if (!view) return std::nullopt;
  return Members::find(session, view);
}

Attempt MembershipDesk::join(Session& session, const protocol::Join& join, std::string_view command_id) {
  SlotId view_id = views_.find(join.room_id, session.format());
  const auto slot = view_id ? Members::find(session, view_id) : std::nullopt;
  if (slot && session.memberships()[*slot].joined) {
    const RoomView& view = views_.at(view_id);
    presence_.keep_info(view_id, view, session, join.info);
    tell_joined(session, *slot, view, command_id);
    return Attempt::kDone;
  }
  const std::uint32_t home = homes_.of(join.room_id);
  if (!homes_.may_ask(session, home)) return homes_.wait(session, home);
  if (!view_id) view_id = views_.create(join.room_id, session.format(), settings_.rooms.of(join.room_id), home);
  if (!slot) members_.add(session, {.room = view_id});

  const std::uint32_t under_way = views_.at(view_id).joins_under_way;
  request_join(session, view_id, join, command_id);
  // It may be answered: a refused one may have been the view's last.
  const RoomView* view = views_.find(view_id);
  return view != nullptr && view->joins_under_way > under_way ? Attempt::kPending : Attempt::kDone;
}

/// It is in the room already: what a join would have told.
void MembershipDesk::tell_joined(Session& session, std::uint32_t slot, const RoomView& view,
                                 std::string_view command_id) {
  session.on_reply(session::Entered{session.memberships()[slot],
                                    {.room_id = view.room.id(),
                                     .id = command_id,
                                     .seq = Seq{view.room.log.end().value - 1},
                                     .epoch = view.epoch,
                                     .first_seq = {}}});
}

void MembershipDesk::request_join(Session& session, SlotId view_id, const protocol::Join& join,
                                  std::string_view command_id) {
  RoomView& view = views_.at(view_id);
  ++view.joins_under_way;
  if (JoinWish wish(join); wish.opts_in() || !wish.info.empty()) wishes_[session.id().pack()] = std::move(wish);
  homes_.join(view.home, {.room_id = std::string(join.room_id),
                          .command_id = std::string(command_id),
                          .view = view_id,
                          .format = view.format,
                          .connection = session.id(),
                          .is_watcher = join.presence});
}

void MembershipDesk::leave(Session& session, std::uint32_t slot) {
  if (session.memberships()[slot].is_watcher) return presence_.stop_watching(session, slot);
  const Membership membership = session.memberships()[slot];
  RoomView& view = views_.at(membership.room);
  if (membership.joined) presence_.on_leaving(membership, view, session);
  members_.remove(session, slot);
  if (!membership.has_cursor()) return;  // the home is told when its answer comes
  if (membership.joined) {
    presence_.on_left(membership.room, session);
    stats_.members.sub();
    if (events_ != nullptr && !protocol::is_user_room(view.room.id())) {
      events_->on_left(view.room.id(), session.user_id());
    }
    homes_.leave(view, view.home_room);
    if (!view.is_joined()) view.home_room = {};  // the home may end the room and begin it anew
  }
  members_.drop_if_unused(membership.room);
}

void MembershipDesk::leave_all(Session& session) {
  while (!session.memberships().empty())
    leave(session, session.memberships().size() - 1);
}

// --- what comes back -------------------------------------------------------------------------------------------------

void MembershipDesk::on_joined(const JoinResult& result) {
  const JoinWish wish = take_wish(result.connection);
  RoomView* view = views_.find(result.view);
  SB_ASSERT(view != nullptr);  // it lives while joins are under way
  --view->joins_under_way;
  Client* client = clients_.find(result.connection);
  const auto slot = client == nullptr ? std::nullopt : Members::find(client->session(), result.view);
  const bool is_waiting = slot && !client->session().memberships()[*slot].joined;

  if (!result.home_room) {
    if (is_waiting) refuse(client->session(), *slot, *view, result);
  } else {
    if (!view->is_joined()) {
      // The first join here, or the first since the last member left while joins were under way: the home may have
      // stopped telling this shard in between, or have ended the room and begun it anew.
      view->home_room = result.home_room;
      logs_.expect_next(*view, result.epoch, result.last.next());
    }
    presence_.track(result.view, *view, result);
    if (is_waiting) {
      enter(*client, *slot, result, wish);
    } else {
      // Gone in the meantime, but counted there.
      homes_.leave(*view, result.home_room);
      if (result.is_watcher) presence_.on_watcher_gone(result.view);
    }
  }
  members_.drop_if_unused(result.view);
  if (client != nullptr) delivery_.on_answered(*client);
}

/// What the join asked for besides; there is at most one under way for one connection.
JoinWish MembershipDesk::take_wish(SlotId connection) {
  if (wishes_.empty()) return {};
  const auto found = wishes_.find(connection.pack());
  if (found == wishes_.end()) return {};
  JoinWish wish = std::move(found->second);
  wishes_.erase(found);
  return wish;
}

void MembershipDesk::refuse(Session& session, std::uint32_t slot, const RoomView& view, const JoinResult& result) {
  if (!session.memberships()[slot].is_implicit) members_.remove(session, slot);
  session.on_reply(session::Refused{session::Asked::kJoin, view.room.id(), result.command_id, result.refusal});
}

void MembershipDesk::enter(Client& client, std::uint32_t slot, const JoinResult& result, const JoinWish& wish) {
  Session& session = client.session();
  const ReplayWish asked = wish.replay();
  const ReplayStart start = replay_start(asked, result.first, result.last, result.epoch);
  Membership& membership = session.memberships()[slot];
  membership.opted_in = wish.opts_in();
  RoomView& view = views_.at(result.view);
  // `joined` is queued before the cursor opens: nothing of the room can come before it.
  session.on_reply(session::Entered{membership,
                                    {.room_id = view.room.id(),
                                     .id = result.command_id,
                                     .seq = result.last,
                                     .epoch = result.epoch,
                                     .recovery = start.recovery,
                                     .first_seq = start.cursor}});
  // Where it would go on if it had not joined.
  const Seq live_from = membership.is_implicit ? view.room.member(membership.member).cursor : result.last.next();
  open_cursor(client, result.view, slot, start);
  if (!asked.is_none()) history_.begin_replay(client, result.view, slot, result.last, live_from);
  presence_.on_joined(result.view, view, session, wish);
}

/// The member is joined, and given the room's messages from there on. One that was implicit stands somewhere already:
/// it goes back if it asks for something older, and forward only if it says that it has what it would skip.
void MembershipDesk::open_cursor(Client& client, SlotId view_id, std::uint32_t slot, const ReplayStart& start) {
  Session& session = client.session();
  RoomView& view = views_.at(view_id);
  Membership& membership = session.memberships()[slot];
  if (membership.is_implicit) {
    membership.is_implicit = false;
    --view.implicit_members;
    const Seq stands_at = view.room.member(membership.member).cursor;
    const bool has_the_rest = start.recovery == protocol::Recovery::kRecovered;
    if (start.cursor < stands_at || (has_the_rest && start.cursor > stands_at))
      members_.move_cursor(session, slot, start.cursor);
  } else {
    membership.member = view.room.add(session.id().index, slot, start.cursor);
  }
  membership.joined = true;
  stats_.members.add();
  if (events_ != nullptr && !protocol::is_user_room(view.room.id())) {
    events_->on_entered(view.room.id(), session.user_id());
  }
}

}  // namespace switchboard::shard
