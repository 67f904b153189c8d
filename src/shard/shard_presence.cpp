// Shard, the part about presence: who is in a tracked room is reported to its home, what the home says about it goes to
// those who watch, and queries go there and come back.
#include <utility>

#include "base/assert.h"
#include "protocol/user_room.h"
#include "shard/session_views.h"
#include "shard/shard.h"

namespace switchboard::shard {

using session::Attempt;
using session::Session;

namespace {

constexpr std::size_t kReportsPerTurn = 64;

/// Of the logs of presence views. Who falls behind is given the number of users afresh, so little needs to be kept.
room::RoomSettings presence_log() {
  room::RoomSettings settings;
  settings.backlog_bytes = 128 * 1024;
  settings.backlog_messages = 64;
  settings.history = false;
  return settings;
}

}  // namespace

Attempt Shard::read_presence(Session& session, std::uint32_t slot, const protocol::Presence& presence,
                             std::string_view command_id) {
  const RoomView& view = views_.at(session.memberships()[slot].room);
  PresenceRequest request{.home_room = view.home_room,
                          .connection = session.id(),
                          .command_id = std::string(command_id),
                          .after = std::string(presence.next),
                          .users_max = presence.limit,
                          .bytes_max = context_.settings.reply_bytes_max};
  if (view.home == index_) {
    on_presence_request(index_, std::move(request));
  } else {
    if (!may_send(session, view.home)) return wait_for_mailbox(session, view.home);
    port_.try_request(view.home, std::move(request));
  }
  return Attempt::kPending;
}

void Shard::run_presence() {
  tracked_.walk();
  tracked_.reports().flush(
      kReportsPerTurn, [this](std::uint32_t home) { return home == index_ || port_.can_request(home, 1); },
      [this](std::uint32_t home, PresenceReport&& report) {
        if (home == index_) return home_presence_.on_report(index_, report, context_.now);
        port_.try_request(home, std::move(report));
      });
  home_presence_.run(context_.now);
  for (const PresenceListResult& list : own_lists_)
    on_presence_list_result(list);
  own_lists_.clear();
  stats_.presence_views.set(tracked_.size());
  stats_.presence_rooms.set(home_presence_.rosters());
  stats_.presence_pushes.set(home_presence_.pushes());
}

bool Shard::presence_has_work() const {
  return tracked_.is_walking() || (!tracked_.reports().empty() && port_.can_request_anywhere()) ||
         (!home_presence_.idle() && port_.results_have_room());
}

// --- members and watchers here -------------------------------------------------------------------------------------

/// The member has just been added. Its room is tracked, if it wants to watch it.
void Shard::on_presence_joined(SlotId view_id, const RoomView& view, Session& session, const JoinWish& wish) {
  keep_info(view_id, view, session, wish.info);
  if (!view.is_tracked) return;
  tracked_.on_joined(view_id, view);
  if (wish.presence) watch(view_id, view, session);
}

/// That member wants to be shown so, where that can be asked for at all. "" leaves it as it is.
void Shard::keep_info(SlotId view_id, const RoomView& view, const Session& session, std::string_view info) {
  if (info.empty() || !view.room.settings().presence || protocol::is_user_room(view.room.id())) return;
  tracked_.keep_info(view_id, view, session, info, context_.now);
}

/// That membership, which has just been erased, was the session's in the room: its member goes next.
void Shard::on_presence_leaving(const session::Membership& membership, const RoomView& view, Session& session) {
  tracked_.drop_info(membership.room, view, session);
  if (!view.is_tracked) return;
  tracked_.on_leaving(membership.room, view, membership.member);
  const SlotId watchers = tracked_.watchers_of(membership.room);
  if (!watchers) return;
  if (const auto slot = slot_of(session, watchers)) remove(session, *slot);
}

void Shard::watch(SlotId view_id, const RoomView& view, Session& session) {
  SlotId watchers_id = tracked_.watchers_of(view_id);
  if (!watchers_id) {
    watchers_id = views_.create_presence(view, presence_log());
    tracked_.set_watchers(view_id, watchers_id);
  }
  room::Room& watchers = views_.at(watchers_id).room;
  const auto slot = static_cast<std::uint32_t>(session.memberships().size());
  add_membership(
      session,
      {.room = watchers_id, .member = watchers.add(session.id().index, slot, watchers.log.end()), .is_watcher = true});
  stats_.presence_watchers.add();
}

/// A membership of the presence view was removed.
void Shard::on_watcher_removed(const RoomView& watchers) {
  tracked_.on_watcher_gone(views_.find(watchers.room.id(), watchers.format));
  stats_.presence_watchers.sub();
}

/// The view, of whichever kind, has no members any more.
void Shard::on_presence_dropped(SlotId view_id, const RoomView& view) {
  if (view.is_presence) tracked_.set_watchers(views_.find(view.room.id(), view.format), {});
  if (view.is_tracked) tracked_.on_dropped(view_id);
}

// --- from the home -------------------------------------------------------------------------------------------------

void Shard::on_presence_change_result(const ViewsByFormat& views, const PresenceFrame& change) {
  for (const SlotId view_id : views) {
    const SlotId watchers_id = tracked_.watchers_of(view_id);
    if (!watchers_id) continue;
    RoomView& watchers = views_.at(watchers_id);
    watchers.present = static_cast<std::uint32_t>(change.count);
    append(watchers_id, watchers, watchers.room.log.end(), wire::in_json(change.frame), {});
  }
}

void Shard::on_presence_list_result(const PresenceListResult& list) {
  Client* client = clients_.find(list.connection);
  if (client == nullptr) return;
  if (list.is_refused) {
    client->session().on_reply(
        session::Refused{session::Asked::kPresence, list.room_id, list.command_id, list.refusal});
  } else {
    std::vector<protocol::PresentUser> users;
    users.reserve(list.users.size());
    for (const ListedUser& user : list.users)
      users.push_back({.user_id = user.user_id, .connections = user.connections, .info = user.info});
    client->session().on_reply(protocol::PresenceList{
        .room_id = list.room_id, .id = list.command_id, .count = list.count, .users = users, .next = list.next});
  }
  after_answer(list.connection);
}

// --- what the home shard does --------------------------------------------------------------------------------------

void Shard::on_presence_request(std::uint32_t from, PresenceRequest&& request) {
  const HomeRoom* room = home_.find(request.home_room);
  if (room == nullptr || room->members == 0) return;  // whoever asked has left it
  home_presence_.query(request.home_room, room->id, from, std::move(request), context_.now);
}

/// A join has been answered: its shard learns whether the room is tracked.
void Shard::note_tracking(std::uint32_t shard, JoinResult& joined) {
  if (!joined.home_room) return;
  if (joined.is_watcher) {
    const HomeRoom* room = home_.find(joined.home_room);
    SB_ASSERT(room != nullptr);  // it has this member
    home_presence_.add_watcher(joined.home_room, room->id, shard, context_.now);
  }
  joined.tracking = home_presence_.round_of(joined.home_room);
}

void Shard::on_home_ended(SlotId home_room) {
  home_presence_.on_room_ended(home_room);
}

bool Shard::presence_can_send() {
  return port_.results_have_room();
}

std::span<const Subscriber> Shard::subscribers_of(SlotId home_room) {
  const HomeRoom* room = home_.find(home_room);
  if (room == nullptr) return {};
  return room->subscribers;
}

void Shard::on_presence_track(std::uint32_t to_shard, const TrackResult& track) {
  if (to_shard == index_) return tracked_.on_track(track);
  port_.result(to_shard, track);
}

void Shard::on_presence_list(std::uint32_t to_shard, PresenceListResult&& list) {
  // Not while the home is at work.
  if (to_shard == index_) return own_lists_.push_back(std::move(list));
  port_.result(to_shard, std::move(list));
}

void Shard::on_presence_change(std::uint32_t to_shard, const ViewsByFormat& views,
                               const std::shared_ptr<const PresenceFrame>& frame) {
  if (to_shard == index_) return on_presence_change_result(views, *frame);
  port_.result(to_shard, PresenceChangeResult{.views = views, .frame = frame});
}

}  // namespace switchboard::shard
