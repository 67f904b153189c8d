#include "shard/presence_desk.h"

#include <utility>

#include "protocol/user_room.h"

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

Attempt PresenceDesk::query(Session& session, std::uint32_t slot, const protocol::Presence& presence,
                            std::string_view command_id) {
  const RoomView& view = views_.at(session.memberships()[slot].room);
  if (!homes_.may_ask(session, view.home)) return homes_.wait(session, view.home);
  homes_.list_users(view.home, {.home_room = view.home_room,
                                .connection = session.id(),
                                .command_id = std::string(command_id),
                                .after = std::string(presence.next),
                                .users_max = presence.limit,
                                .bytes_max = context_.settings.reply_bytes_max});
  return Attempt::kPending;
}

void PresenceDesk::run() {
  tracked_.walk();
  tracked_.reports().flush(
      kReportsPerTurn, [this](std::uint32_t home) { return homes_.has_room(home); },
      [this](std::uint32_t home, PresenceReport&& report) { homes_.report(home, std::move(report)); });
}

// --- members and watchers here -------------------------------------------------------------------------------------

void PresenceDesk::track(SlotId view_id, RoomView& view, const JoinResult& joined) {
  tracked_.track(view_id, view, joined.home_room, joined.tracking);
}

void PresenceDesk::on_joined(SlotId view_id, const RoomView& view, Session& session, const JoinWish& wish) {
  keep_info(view_id, view, session, wish.info);
  if (!view.is_tracked) return;
  tracked_.on_joined(view_id, view);
  if (wish.presence) watch(view_id, view, session);
}

void PresenceDesk::keep_info(SlotId view_id, const RoomView& view, const Session& session, std::string_view info) {
  if (info.empty() || !view.room.settings().presence || protocol::is_user_room(view.room.id())) return;
  tracked_.keep_info(view_id, view, session, info, context_.now);
}

void PresenceDesk::on_leaving(const session::Membership& membership, const RoomView& view, const Session& session) {
  tracked_.drop_info(membership.room, view, session);
  if (view.is_tracked) tracked_.on_leaving(membership.room, view, membership.member);
}

void PresenceDesk::on_left(SlotId view_id, Session& session) {
  const SlotId watchers = tracked_.watchers_of(view_id);
  if (!watchers) return;
  if (const auto slot = Members::find(session, watchers)) stop_watching(session, *slot);
}

/// Those who watch are members of a view of their own, whose log holds nothing but changes.
void PresenceDesk::watch(SlotId view_id, const RoomView& view, Session& session) {
  SlotId watchers_id = tracked_.watchers_of(view_id);
  if (!watchers_id) {
    watchers_id = views_.create_presence(view, presence_log());
    tracked_.set_watchers(view_id, watchers_id);
  }
  room::Room& watchers = views_.at(watchers_id).room;
  const std::uint32_t member = watchers.add(session.id().index, session.memberships().size(), watchers.log.end());
  members_.add(session, {.room = watchers_id, .member = member, .is_watcher = true});
  stats_.presence_watchers.add();
}

void PresenceDesk::stop_watching(Session& session, std::uint32_t slot) {
  const SlotId watchers_id = members_.remove(session, slot).room;
  const RoomView& watchers = views_.at(watchers_id);
  tracked_.on_watcher_gone(views_.find(watchers.room.id(), watchers.format));
  stats_.presence_watchers.sub();
  members_.drop_if_unused(watchers_id);
}

// --- from the home -------------------------------------------------------------------------------------------------

void PresenceDesk::on_change(const ViewsByFormat& views, const PresenceFrame& change) {
  for (const SlotId view_id : views) {
    const SlotId watchers_id = tracked_.watchers_of(view_id);
    if (!watchers_id) continue;
    RoomView& watchers = views_.at(watchers_id);
    watchers.present = static_cast<std::uint32_t>(change.count);
    logs_.append(watchers_id, watchers, watchers.room.log.end(), wire::in_json(change.frame), {});
  }
}

void PresenceDesk::on_list(const PresenceListResult& list) {
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
  delivery_.on_answered(*client);
}

}  // namespace switchboard::shard
