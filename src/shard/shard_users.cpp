// Shard, the part about users: direct messages, and the views of users' own rooms that carry them. A direct message is
// a message of the room "@bob". Its home tells all shards; each looks whether bob has connections there. If he has, all
// of them become implicit members of a view of that room, which stays for a while after the last message.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/user_room.h"
#include "shard/session_views.h"
#include "shard/shard.h"

namespace switchboard::shard {

using session::Attempt;
using session::Membership;
using session::Session;

namespace {

// A user nobody has written to for so long has a view no more, and costs what an idle connection costs.
constexpr Duration kUserViewIdle = std::chrono::seconds(60);
constexpr Duration kUserViewLook = std::chrono::seconds(1);

}  // namespace

// --- what sessions ask -----------------------------------------------------------------------------------------------

void Shard::on_user_named(Session& session) {
  Client& client = client_of(session);
  users_.add(client);
  const std::string room_id = protocol::user_room_of(session.user_id());
  ViewsByFormat views = views_of(room_id);
  const auto whole = std::ranges::find_if(views, [&](SlotId id) { return id && views_.at(id).is_whole_user; });
  if (whole == views.end()) return;
  // The user is written to at present: this connection is among those that get it from here on.
  const RoomView& others = views_.at(*whole);
  SlotId& own = views[wire::index_of(session.format())];
  if (!own) own = create_user_view(room_id, session.format(), others.epoch, others.room.log.end());
  enter_own_room(client, own);
}

Attempt Shard::publish(Session& session, const protocol::Direct& direct, std::string_view command_id) {
  const std::string room_id = protocol::user_room_of(direct.user_id);
  const std::string own_room_id = protocol::user_room_of(session.user_id());
  const bool is_copied = direct.own_devices && own_room_id != room_id;
  const std::uint32_t home = home_of(room_id);
  const std::uint32_t own_home = home_of(own_room_id);
  // Both messages or none: a command that waits is begun anew.
  // (At this shard itself one message is one result for each other shard, and room for two is what is made sure of.)
  if (!may_send(session, home, is_copied && own_home == home ? 2 : 1)) return wait_for_mailbox(session, home);
  if (is_copied && own_home != home && !may_send(session, own_home)) return wait_for_mailbox(session, own_home);
  const std::uint32_t cost = is_stored(room_id) ? PublishWindows::cost_of(direct.content.size() + room_id.size()) : 0;
  const std::uint32_t copies = is_copied ? 2 : 1;
  if (cost > 0 && !publish_windows_.take(client_of(session), copies, cost)) return Attempt::kBusy;

  broker::Publish publish{
      .room_id = room_id,
      .content = direct.content,
      .sender = session.user_id(),
      .to = {},
      .dedup = direct.dedup,
      .command_id = command_id,
      .origin = {.shard = index_, .connection = session.id(), .wants_ack = !command_id.empty(), .counted_bytes = cost},
  };
  publish_at(home, publish);
  if (is_copied) {
    publish.room_id = own_room_id;
    publish.to = direct.user_id;
    publish.command_id = {};
    publish.origin.wants_ack = false;
    publish.echo = false;
    publish_at(own_home, publish);
  }
  return home == index_ ? Attempt::kDone : Attempt::kPending;
}

void Shard::publish_at(std::uint32_t home, const broker::Publish& publish) {
  if (home == index_) return home_.publish_by_name(publish);
  send_publish(home, {}, publish);
}

/// Back to what it was before the join: messages still arrive as long as they are live. Nothing is fetched any more.
void Shard::leave_own_room(Session& session, std::uint32_t slot) {
  Membership& membership = session.memberships()[slot];
  const SlotId view_id = membership.room;
  RoomView& view = views_.at(view_id);
  Client& client = client_of(session);
  SB_ASSERT(membership.joined);
  if (client.replaying) replays_.end(client, view_id);
  membership.joined = false;
  membership.opted_in = false;
  membership.is_implicit = true;
  ++view.implicit_members;
  stats_.members.sub();
  if (view.room.member(membership.member).cursor < view.room.log.first())
    move_cursor(view_id, session, slot, view.room.log.end());
  leave_home(view, view.home_room);
  if (!view.is_joined()) view.home_room = {};
  keep_user_view(view_id, view);
}

// --- what the home shard does ----------------------------------------------------------------------------------------

void Shard::on_home_user_committed(const broker::Publish& publish, const broker::Commit& commit,
                                   const wire::Formatted& message) {
  // Only a sender's own copy is kept from the connection it came from.
  const bool is_copy = !commit.publication.to.empty();
  const auto excluded_at = [&](std::uint32_t shard) {
    return is_copy && shard == publish.origin.shard ? publish.origin.connection : SlotId{};
  };
  if (!is_copy) stats_.directs.add();
  if (port_.shards() == 1) {
    const bool has_arrived =
        deliver_to_user(publish.room_id, commit.epoch, commit.publication.seq, message, excluded_at(index_));
    if (!has_arrived && !is_copy) stats_.directs_to_nobody.add();
    return;
  }
  const auto told = std::make_shared<UserMessage>();
  told->room_id = publish.room_id;
  told->epoch = commit.epoch;
  told->is_copy = is_copy;
  told->message = CommittedMessage::copy_of(commit.publication.seq, message);
  told->shards_left.store(port_.shards(), std::memory_order_relaxed);
  for (std::uint32_t shard = 0; shard < port_.shards(); ++shard) {
    if (shard != index_) port_.result(shard, UserResult{.excluded = excluded_at(shard), .message = told});
  }
  on_user_result({.excluded = excluded_at(index_), .message = told});
}

// --- what comes back -------------------------------------------------------------------------------------------------

void Shard::on_user_result(const UserResult& result) {
  const UserMessage& message = *result.message;
  if (deliver_to_user(message.room_id, message.epoch, message.message.seq, message.message.formatted(),
                      result.excluded)) {
    message.has_arrived.store(true, std::memory_order_relaxed);
  }
  const bool is_last = message.shards_left.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (is_last && !message.is_copy && !message.has_arrived.load(std::memory_order_relaxed)) {
    stats_.directs_to_nobody.add();
  }
}

/// True when there was a connection here to give it to.
bool Shard::deliver_to_user(std::string_view room_id, std::string_view epoch, Seq seq, const wire::Formatted& message,
                            SlotId excluded) {
  ViewsByFormat views = views_of(room_id);
  bool is_whole = false;
  for (const SlotId id : views) {
    if (!id) continue;
    RoomView& view = views_.at(id);
    is_whole |= view.is_whole_user;
    expect_next(view, epoch, seq);
  }
  if (!is_whole) {
    users_.for_each_of(protocol::user_of(room_id), [&](Client& client) {
      SlotId& id = views[wire::index_of(client.session.format())];
      if (!id) id = create_user_view(room_id, client.session.format(), epoch, seq);
      enter_own_room(client, id);
    });
  }
  const Client* without = excluded ? clients_.find(excluded) : nullptr;
  std::size_t connections = 0;
  for (const SlotId id : views) {
    if (!id) continue;
    RoomView& view = views_.at(id);
    view.is_whole_user = true;
    keep_user_view(id, view);
    connections += view.room.members().size();
    if (without != nullptr && slot_of(without->session, id)) --connections;
    append(id, view, seq, message, excluded);
  }
  stats_.directs_addressed.add(connections);
  return connections > 0;
}

// --- views of users' rooms -------------------------------------------------------------------------------------------

ViewsByFormat Shard::views_of(std::string_view room_id) const {
  ViewsByFormat views;
  for (const wire::Format format : wire::kAllFormats)
    views[wire::index_of(format)] = views_.find(room_id, format);
  return views;
}

SlotId Shard::create_user_view(std::string_view room_id, wire::Format format, std::string_view epoch, Seq next) {
  const SlotId id = views_.create(room_id, format, settings_.rooms.of(room_id), home_of(room_id));
  RoomView& view = views_.at(id);
  view.epoch = epoch;
  view.room.log.start_at(next);
  view.is_whole_user = true;
  keep_user_view(id, view);
  return id;
}

/// The connection is a member of that view of its user's room from now on, unless it is already. One whose join is
/// under way is an implicit one until that is answered.
void Shard::enter_own_room(Client& client, SlotId view_id) {
  Session& session = client.session;
  RoomView& view = views_.at(view_id);
  auto slot = slot_of(session, view_id);
  if (!slot) {
    slot = static_cast<std::uint32_t>(session.memberships().size());
    add_membership(session, {.room = view_id});
  }
  Membership& membership = session.memberships()[*slot];
  if (membership.has_cursor()) return;
  membership.is_implicit = true;
  membership.member = view.room.add(session.id().index, *slot, view.room.log.end());
  ++view.implicit_members;
}

/// The next message of that room has this number. Nearly always that is the one that follows; otherwise nobody here has
/// joined it, so that its home, which tells who has when its counter begins anew, owes nobody here an explanation.
void Shard::expect_next(RoomView& view, std::string_view epoch, Seq seq) {
  if (view.epoch == epoch && view.room.log.end() == seq) return;
  SB_ASSERT(!view.is_joined());
  delivery_.trim(view, view.room.log.end());
  view.room.restart_at(seq);
  view.epoch = epoch;
}

void Shard::move_cursor(SlotId view_id, Session& session, std::uint32_t slot, Seq cursor) {
  RoomView& view = views_.at(view_id);
  remove_member(view, session.memberships()[slot].member);
  session.memberships()[slot].member = view.room.add(session.id().index, slot, cursor);
  view.room.ask_for_lap();
  sweep_.want(view_id, view);
}

/// It has been used: it is looked at again when it may have been idle for long enough.
void Shard::keep_user_view(SlotId view_id, RoomView& view) {
  view.addressed_at = context_.now;
  if (!std::exchange(view.in_user_views, true)) user_views_.push_back(view_id);
}

/// Looks at so many of them that each has its turn about once in the time after which it is idle.
void Shard::forget_idle_user_views() {
  const Duration passed = context_.now - user_views_looked_at_;
  if (passed < kUserViewLook) return;
  user_views_looked_at_ = context_.now;
  const auto share = static_cast<std::size_t>(std::min(passed, kUserViewIdle) / kUserViewLook);
  for (std::size_t n = user_views_.size() * share / (kUserViewIdle / kUserViewLook) + 1; n > 0 && !user_views_.empty();
       --n) {
    const SlotId id = user_views_.front();
    user_views_.pop_front();
    RoomView* view = views_.find(id);
    if (view == nullptr) continue;
    const bool is_used = view->is_joined() || view->joins_under_way > 0 || !view->room.log.empty() ||
                         context_.now - view->addressed_at < kUserViewIdle;
    if (is_used) {
      user_views_.push_back(id);
    } else {
      forget_user_view(*view);
    }
  }
}

void Shard::forget_user_view(RoomView& view) {
  // The next message looks for all of the user's connections again, whatever they read.
  for (const SlotId id : views_of(view.room.id())) {
    if (id) views_.at(id).is_whole_user = false;
  }
  for (std::size_t left = view.room.members().size(); left > 0; --left) {  // it ends with its last member
    const room::Member last = view.room.members()[left - 1];
    remove(clients_.at_index(last.session).session, last.slot);
  }
}

}  // namespace switchboard::shard
