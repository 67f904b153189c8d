#include "shard/user_desk.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/close_code.h"
#include "protocol/user_room.h"

namespace switchboard::shard {

using session::Membership;
using session::Session;

namespace {

// A user nobody has written to for so long has a view no more, and costs what an idle connection costs.
constexpr Duration kViewIdle = std::chrono::seconds(60);
constexpr Duration kLook = std::chrono::seconds(1);

}  // namespace

void UserDesk::on_named(Session& session) {
  Client& client = members_.client_of(session);
  users_.add(client);
  if (events_ != nullptr) events_->on_named(session.user_id());
  const std::string room_id = protocol::user_room_of(session.user_id());
  ViewsByFormat views = views_of(room_id);
  const auto whole = std::ranges::find_if(views, [&](SlotId id) { return id && views_.at(id).is_whole_user; });
  if (whole == views.end()) return;
  // The user is written to at present: this connection is among those that get it from here on.
  const RoomView& others = views_.at(*whole);
  SlotId& own = views[wire::index_of(session.format())];
  if (!own) own = create_view(room_id, session.format(), others.epoch, others.room.log.end());
  enter_own_room(client, own);
}

void UserDesk::on_over(const Session& session) {
  if (users_.remove(members_.client_of(session)) && events_ != nullptr) events_->on_gone(session.user_id());
}

/// Back to what it was before the join: it goes on where it would stand without it, and nothing is fetched any more.
/// What the log has lost of that is declared, as to any implicit member.
std::uint64_t UserDesk::disconnect(std::string_view user_id) {
  std::uint64_t count = 0;
  // Who is closed is only marked: it stands among the user's connections until it has left its rooms.
  users_.for_each_of(user_id, [&](Client& client) {
    if (!client.session().is_open()) return;
    client.connection.close(protocol::close::kDisconnected, "disconnected by the server's operator");
    ++count;
  });
  return count;
}

ConnectionsFound UserDesk::list(std::string_view user_id, std::uint32_t connections_max) {
  ConnectionsFound found;
  users_.for_some_of(user_id, [&](Client& client) {
    const session::Connection& connection = client.connection;
    if (!connection.session().is_open()) return true;
    found.more = found.connections.size() == connections_max;
    if (found.more) return false;
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(context_.now - connection.opened_at());
    found.connections.push_back({.connection_id = connection.session().connection_id(),
                                 .address = connection.peer().to_string(),
                                 .since = context_.clock.unix_ms() - age.count(),
                                 .listener = connection.listener_name(),
                                 .rooms = connection.session().rooms()});
    return true;
  });
  return found;
}

std::uint64_t UserDesk::end_revoked(std::string_view user_id) {
  std::uint64_t count = 0;
  users_.for_each_of(user_id, [&](Client& client) {
    if (!client.session().is_open() || !client.session().is_revoked()) return;
    client.connection.close(protocol::close::kRevoked, "the token was revoked");
    ++count;
  });
  return count;
}

void UserDesk::leave_own_room(Session& session, std::uint32_t slot) {
  Membership& membership = session.memberships()[slot];
  const SlotId view_id = membership.room;
  RoomView& view = views_.at(view_id);
  Client& client = members_.client_of(session);
  SB_ASSERT(membership.joined);
  Seq live_from = view.room.member(membership.member).cursor;
  if (client.replaying) {
    if (const Replay* replay = replays_.find(client, view_id)) live_from = std::max(live_from, replay->live_from);
    replays_.end(client, view_id);
  }
  membership.joined = false;
  membership.opted_in = false;
  membership.is_implicit = true;
  ++view.implicit_members;
  stats_.members.sub();
  if (view.room.member(membership.member).cursor < live_from) members_.move_cursor(session, slot, live_from);
  homes_.leave(view, view.home_room);
  if (!view.is_joined()) view.home_room = {};
  keep(view_id, view);
}

// --- messages --------------------------------------------------------------------------------------------------------

bool UserDesk::deliver(const UserCommit& commit) {
  ViewsByFormat views = views_of(commit.room_id);
  bool is_whole = false;
  for (const SlotId id : views) {
    if (!id) continue;
    RoomView& view = views_.at(id);
    is_whole |= view.is_whole_user;
    logs_.expect_next(view, commit.epoch, commit.seq);
  }
  if (!is_whole) {
    users_.for_each_of(protocol::user_of(commit.room_id), [&](Client& client) {
      SlotId& id = views[wire::index_of(client.session().format())];
      if (!id) id = create_view(commit.room_id, client.session().format(), commit.epoch, commit.seq);
      enter_own_room(client, id);
    });
  }
  const Client* without = commit.excluded ? clients_.find(commit.excluded) : nullptr;
  std::size_t connections = 0;
  for (const SlotId id : views) {
    if (!id) continue;
    RoomView& view = views_.at(id);
    view.is_whole_user = true;
    keep(id, view);
    connections += view.room.members().size();
    if (without != nullptr && Members::find(without->session(), id)) --connections;
    logs_.append(id, view, commit.seq, commit.message, commit.excluded);
  }
  stats_.directs_addressed.add(connections);
  return connections > 0;
}

// --- views of users' rooms -------------------------------------------------------------------------------------------

ViewsByFormat UserDesk::views_of(std::string_view room_id) const {
  ViewsByFormat views;
  for (const wire::Format format : wire::kAllFormats)
    views[wire::index_of(format)] = views_.find(room_id, format);
  return views;
}

SlotId UserDesk::create_view(std::string_view room_id, wire::Format format, std::string_view epoch, Seq next) {
  const SlotId id = views_.create(room_id, format, settings_.rooms.of(room_id), homes_.of(room_id));
  RoomView& view = views_.at(id);
  view.epoch = epoch;
  view.room.log.start_at(next);
  view.is_whole_user = true;
  keep(id, view);
  return id;
}

/// The connection is a member of that view of its user's room from now on, unless it is already. One whose join is
/// under way is an implicit one until that is answered.
void UserDesk::enter_own_room(Client& client, SlotId view_id) {
  Session& session = client.session();
  RoomView& view = views_.at(view_id);
  auto slot = Members::find(session, view_id);
  if (!slot) slot = members_.add(session, {.room = view_id});
  Membership& membership = session.memberships()[*slot];
  if (membership.has_cursor()) return;
  membership.is_implicit = true;
  membership.member = view.room.add(session.id().index, *slot, view.room.log.end());
  ++view.implicit_members;
}

/// It has been used: it is looked at again when it may have been idle for long enough.
void UserDesk::keep(SlotId view_id, RoomView& view) {
  view.addressed_at = context_.now;
  if (!std::exchange(view.in_user_views, true)) kept_.push_back(view_id);
}

/// Looks at so many of them that each has its turn about once in the time after which it is idle.
void UserDesk::run() {
  const Duration passed = context_.now - looked_at_;
  if (passed < kLook) return;
  looked_at_ = context_.now;
  const auto share = static_cast<std::size_t>(std::min(passed, kViewIdle) / kLook);
  for (std::size_t n = kept_.size() * share / (kViewIdle / kLook) + 1; n > 0 && !kept_.empty(); --n) {
    const SlotId id = kept_.front();
    kept_.pop_front();
    const RoomView* view = views_.find(id);
    if (view == nullptr) continue;
    if (is_used(*view)) {
      kept_.push_back(id);
    } else {
      forget(id);
    }
  }
}

bool UserDesk::is_used(const RoomView& view) const {
  return view.is_joined() || view.joins_under_way > 0 || !view.room.log.empty() ||
         context_.now - view.addressed_at < kViewIdle;
}

void UserDesk::forget(SlotId view_id) {
  const RoomView& view = views_.at(view_id);
  // The next message looks for all of the user's connections again, whatever they read.
  for (const SlotId id : views_of(view.room.id())) {
    if (id) views_.at(id).is_whole_user = false;
  }
  while (!view.room.members().empty()) {
    const room::Member last = view.room.members().back();
    members_.remove(clients_.at_index(last.session).session(), last.slot);
  }
  members_.drop_if_unused(view_id);
}

}  // namespace switchboard::shard
