// Shard, the part about rooms: joining, leaving, publishing, and what comes back from their home shards (whose part is
// in shard_home.cpp).
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/overloaded.h"
#include "protocol/user_room.h"
#include "shard/session_views.h"
#include "shard/shard.h"

namespace switchboard::shard {

using session::Attempt;
using session::Membership;
using session::Session;

namespace {

constexpr int kTrimsToWellBelow = 64;

}  // namespace

// --- what sessions ask ---------------------------------------------------------------------------------------------

Attempt Shard::ask(Session& session, const session::Ask& ask, std::string_view command_id) {
  return std::visit(
      Overloaded{
          [&](const session::AskJoin& asked) { return join(session, asked.join, command_id); },
          [&](const session::AskBroadcast& asked) { return publish(session, asked.slot, asked.broadcast, command_id); },
          [&](const session::AskDirect& asked) { return publish(session, asked.direct, command_id); },
          [&](const session::AskHistory& asked) {
            return read_history(session, asked.slot, asked.history, command_id);
          },
          [&](const session::AskPresence& asked) {
            return read_presence(session, asked.slot, asked.presence, command_id);
          },
      },
      ask);
}

std::optional<std::uint32_t> Shard::find(const Session& session, std::string_view room_id) const {
  if (session.memberships().empty()) return std::nullopt;
  const SlotId view = views_.find(room_id, session.format());
  if (!view) return std::nullopt;
  return slot_of(session, view);
}

Attempt Shard::join(Session& session, const protocol::Join& join, std::string_view command_id) {
  const wire::Format format = session.format();
  SlotId view_id = views_.find(join.room_id, format);
  RoomView* view = view_id ? views_.find(view_id) : nullptr;
  const auto slot = view == nullptr ? std::nullopt : slot_of(session, view_id);
  if (slot && session.memberships()[*slot].joined) {
    keep_info(view_id, *view, session, join.info);
    session.on_reply(session::Admitted{session.memberships()[*slot],
                                       {.room_id = join.room_id,
                                        .id = command_id,
                                        .seq = Seq{view->room.log.end().value - 1},
                                        .epoch = view->epoch,
                                        .first_seq = {}}});
    return Attempt::kDone;
  }
  if (const std::uint32_t home = home_of(join.room_id); home != index_ && !may_send(session, home)) {
    return wait_for_mailbox(session, home);
  }
  if (view == nullptr) {
    view_id = views_.create(join.room_id, format, settings_.rooms.of(join.room_id), home_of(join.room_id));
    view = views_.find(view_id);
  }
  JoinRequest request{.room_id = std::string(join.room_id),
                      .command_id = std::string(command_id),
                      .view = view_id,
                      .format = format,
                      .connection = session.id(),
                      .is_watcher = join.presence};
  const bool is_home = view->home == index_;
  if (!is_home) {
    const bool is_sent = port_.try_request(view->home, std::move(request));
    SB_ASSERT(is_sent);
  }
  if (!slot) add_membership(session, {.room = view_id});
  const std::uint32_t under_way = view->joins_under_way++;
  if (JoinWish wish(join); wish.opts_in() || !wish.info.empty()) join_wishes_[session.id().pack()] = std::move(wish);
  if (!is_home) return Attempt::kPending;

  home_.join(index_, std::move(request));  // may answer at once; a refused one may have been the view's last
  view = views_.find(view_id);
  return view != nullptr && view->joins_under_way > under_way ? Attempt::kPending : Attempt::kDone;
}

/// Whether that session's requests to that home have room. Its own shard's need room for what a commit tells others.
bool Shard::may_send(Session& session, std::uint32_t home, std::size_t requests) {
  return mailbox_waits_.may_send(home, intake_.is_heavy(client_of(session)), requests);
}

Attempt Shard::wait_for_mailbox(Session& session, std::uint32_t home) {
  Client& client = client_of(session);
  mailbox_waits_.wait(client, home, intake_.is_heavy(client));
  stats_.waits.add();
  return Attempt::kBusy;
}

void Shard::on_join_result(const JoinResult& result) {
  const JoinWish wish = take_wish(result.connection);
  RoomView* view = views_.find(result.view);
  SB_ASSERT(view != nullptr);  // it lives while joins are under way
  --view->joins_under_way;
  Client* client = clients_.find(result.connection);
  const auto slot = client == nullptr ? std::nullopt : slot_of(client->session(), result.view);
  const bool is_waiting = slot && !client->session().memberships()[*slot].joined;

  if (!result.home_room) {
    if (is_waiting) {
      if (!client->session().memberships()[*slot].is_implicit) erase_membership(client->session(), *slot);
      client->session().on_reply(
          session::Refused{session::Asked::kJoin, view->room.id(), result.command_id, result.refusal});
    }
  } else {
    if (!view->is_joined()) {
      // The first join here, or the first since the last member left while joins were under way: the home may have
      // stopped telling this shard in between, or have ended the room and begun it anew.
      view->home_room = result.home_room;
      expect_next(*view, result.epoch, result.last.next());
    }
    tracked_.track(result.view, *view, result.home_room, result.tracking);
    if (is_waiting) {
      admit(*client, *slot, result, wish);
    } else {
      // Gone in the meantime, but counted there.
      leave_home(*view, result.home_room);
      if (result.is_watcher) tracked_.on_watcher_gone(result.view);
    }
  }
  drop_view_if_unused(result.view, *view);
}

/// What the join asked for besides; there is at most one under way for one connection.
JoinWish Shard::take_wish(SlotId connection) {
  if (join_wishes_.empty()) return {};
  const auto found = join_wishes_.find(connection.pack());
  if (found == join_wishes_.end()) return {};
  JoinWish wish = std::move(found->second);
  join_wishes_.erase(found);
  return wish;
}

void Shard::admit(Client& client, std::uint32_t slot, const JoinResult& result, const JoinWish& wish) {
  Session& session = client.session();
  const ReplayWish asked = wish.replay();
  const ReplayStart start = replay_start(asked, result.first, result.last, result.epoch);
  Membership& membership = session.memberships()[slot];
  membership.opted_in = wish.opts_in();
  RoomView& view = views_.at(result.view);
  // `joined` is queued before the cursor opens: nothing of the room can come before it.
  session.on_reply(session::Admitted{membership,
                                     {.room_id = view.room.id(),
                                      .id = result.command_id,
                                      .seq = result.last,
                                      .epoch = result.epoch,
                                      .recovery = start.recovery,
                                      .first_seq = start.cursor}});
  open_cursor(client, result.view, slot, start);
  if (!asked.is_none()) begin_replay(client, result.view, slot, result.last);
  on_presence_joined(result.view, view, session, wish);
}

/// The member is joined, and given the room's messages from there on. One that was implicit stands somewhere already:
/// it goes back if it asks for something older, and forward only if it says that it has what it would skip.
void Shard::open_cursor(Client& client, SlotId view_id, std::uint32_t slot, const ReplayStart& start) {
  Session& session = client.session();
  RoomView& view = views_.at(view_id);
  Membership& membership = session.memberships()[slot];
  if (membership.is_implicit) {
    membership.is_implicit = false;
    --view.implicit_members;
    const Seq stands_at = view.room.member(membership.member).cursor;
    const bool has_the_rest = start.recovery == protocol::Recovery::kRecovered;
    if (start.cursor < stands_at || (has_the_rest && start.cursor > stands_at))
      move_cursor(view_id, session, slot, start.cursor);
  } else {
    membership.member = view.room.add(session.id().index, slot, start.cursor);
  }
  membership.joined = true;
  stats_.members.add();
}

void Shard::leave_home(const RoomView& view, SlotId home_room) {
  if (view.home == index_) {
    home_.leave(home_room, index_, view.format);
  } else {
    port_.leave(view.home, {.home_room = home_room, .format = view.format});
  }
}

void Shard::leave(Session& session, std::uint32_t slot) {
  const RoomView& view = views_.at(session.memberships()[slot].room);
  if (protocol::is_user_room(view.room.id())) return leave_own_room(session, slot);
  remove(session, slot);
}

void Shard::remove(Session& session, std::uint32_t slot) {
  auto& memberships = session.memberships();
  const Membership membership = memberships[slot];
  Client& client = client_of(session);
  RoomView& view = views_.at(membership.room);
  if (client.unfinished.room == membership.room) delivery_.save_unfinished(client);
  if (client.replaying) replays_.end(client, membership.room);

  erase_membership(session, slot);
  if (!membership.has_cursor()) return;  // the home is told when its answer comes

  if (membership.joined) on_presence_leaving(membership, view, session);
  remove_member(view, membership.member);
  sweep_.want(membership.room, view);
  if (membership.is_implicit) --view.implicit_members;
  if (membership.joined) {
    stats_.members.sub();
    leave_home(view, view.home_room);
    if (!view.is_joined()) view.home_room = {};  // the home may end the room and begin it anew
  }
  if (membership.is_watcher) on_watcher_removed(view);
  drop_view_if_unused(membership.room, view);
}

// The sweep may be half through the client's rooms: whatever has come or moved must not be missed.

void Shard::add_membership(Session& session, const Membership& membership) {
  session.memberships().push_back(membership);
  client_of(session).rooms_to_look_at = session.memberships().size();
}

/// The last membership takes its place.
void Shard::erase_membership(Session& session, std::uint32_t slot) {
  auto& memberships = session.memberships();
  memberships.erase(slot);
  client_of(session).rooms_to_look_at = memberships.size();
  if (slot == memberships.size() || !memberships[slot].has_cursor()) return;
  views_.at(memberships[slot].room).room.member(memberships[slot].member).slot = slot;
}

void Shard::remove_member(RoomView& view, std::uint32_t index) {
  view.room.remove(index);
  if (index == view.room.members().size()) return;
  const room::Member& moved = view.room.members()[index];
  Membership& membership = clients_.at_index(moved.session).session().memberships()[moved.slot];
  SB_ASSERT(membership.member == view.room.members().size() && membership.has_cursor());  // where it stood till now
  membership.member = index;
}

void Shard::on_over(Session& session) {
  delivery_.leave_unsettled(client_of(session));
}

void Shard::leave_all(Session& session) {
  users_.remove(client_of(session));
  while (!session.memberships().empty())
    remove(session, static_cast<std::uint32_t>(session.memberships().size() - 1));
}

void Shard::drop_view_if_unused(SlotId view_id, RoomView& view) {
  if (!view.room.members().empty()) return;
  if (view.joins_under_way == 0) {
    on_presence_dropped(view_id, view);
    return views_.erase(view_id);
  }
  delivery_.trim(view, view.room.log.end());  // whoever is on the way begins behind it
}

// --- what comes back -----------------------------------------------------------------------------------------------

void Shard::on_result(Result& result) {
  const Overloaded take{
      [](std::monostate) {},
      [&](CommittedResult& committed) {
        append(committed.views, committed.message->seq, committed.message->formatted(), committed.excluded);
      },
      [&](JoinResult& joined) {
        on_join_result(joined);
        after_answer(joined.connection);
      },
      [&](PublishResult& published) { on_publish_result(published); },
      [&](EpochResult& changed) { on_epoch_result(changed); },
      [&](PageResult& page) { on_page(page.ticket, page.page); },
      [&](UserResult& addressed) { on_user_result(addressed); },
      [&](TrackResult& track) { tracked_.on_track(track); },
      [&](PresenceChangeResult& change) { on_presence_change_result(change.views, *change.frame); },
      [&](PresenceListResult& list) { on_presence_list_result(list); },
  };
  std::visit(take, result);
}

void Shard::take_mail(Instant until) {
  if (port_.shards() == 1) return;
  port_.take(
      clock_, until,
      [&](Result& result) {
        on_result(result);
        result = std::monostate{};  // its memory is freed here, not when the slot comes round again
      },
      [&](std::uint32_t from, Request& request) {
        on_request(from, request);
        request = std::monostate{};
      });
}

void Shard::on_publish_result(const PublishResult& result) {
  publish_answered(result.connection, result.counted_bytes);
  Client* client = clients_.find(result.connection);
  if (client == nullptr || !result.is_told) return;
  if (result.committed) {
    client->session().on_reply(protocol::Ack{.id = result.command_id,
                                             .room_id = result.room_id,
                                             .seq = result.seq,
                                             .epoch = result.epoch,
                                             .ts = result.ts,
                                             .is_duplicate = result.is_duplicate});
  } else {
    client->session().on_reply(
        session::Refused{session::Asked::kPublish, result.room_id, result.command_id, result.refusal});
  }
  after_answer(result.connection);
}

/// What members have not been given of the epoch before is lost: they are told so.
void Shard::on_epoch_result(const EpochResult& result) {
  for (const SlotId view_id : result.views) {
    RoomView* view = view_id ? views_.find(view_id) : nullptr;
    if (view == nullptr || !view->home_room) continue;
    delivery_.trim(*view, view->room.log.end());
    view->room.restart_at(result.last.next());
    view->epoch = result.epoch;
    for (const room::Member& member : view->room.members()) {
      Client& client = clients_.at_index(member.session);
      if (client.session().memberships()[member.slot].is_implicit) continue;
      if (client.replaying) delivery_.give_up_replay(client, view_id, *view);
      client.session().on_epoch_changed({.room_id = view->room.id(), .epoch = result.epoch, .seq = result.last});
      sweep_.want(client);
    }
  }
}

void Shard::append(const ViewsByFormat& views, Seq seq, const wire::Formatted& message, SlotId excluded) {
  for (const SlotId view : views) {
    if (view) append(view, seq, message, excluded);
  }
}

void Shard::append(SlotId view_id, Seq seq, const wire::Formatted& message, SlotId excluded) {
  RoomView* view = views_.find(view_id);
  if (view == nullptr) return;   // its last member left while this was on its way
  if (!view->home_room) return;  // committed before the first join here: not for anybody
  append(view_id, *view, seq, message, excluded);
}

void Shard::append(SlotId view_id, RoomView& view, Seq seq, const wire::Formatted& message, SlotId excluded) {
  SB_ASSERT(seq == view.room.log.end());
  if (view.appended_at == Instant{}) view.appended_at = context_.now;
  const Seq keep = view.room.append(message.in(view.format), excluded);
  delivery_.trim(view, view.room.members().empty() ? view.room.log.end() : keep);
  views_.note_log_size(view_id, view);
  sweep_.want(view_id, view);
  bound_logs(view_id);
}

/// At the bound each append gives up about as much as it takes, from about the largest logs: down to well below the
/// bound, but never so much at once that somebody would notice. `appended`: its newest chunk is not given up.
void Shard::bound_logs(SlotId appended) {
  const std::uint64_t bytes_max = settings_.log_bytes_max;
  if (chunks_.bytes_in_use() <= bytes_max) return;
  const std::uint64_t well_below = bytes_max - bytes_max / 16;
  for (int trims = 0; chunks_.bytes_in_use() > (trims < kTrimsToWellBelow ? well_below : bytes_max); ++trims) {
    const bool is_only_chunk = views_.at(appended).room.log.trim_point(0) == views_.at(appended).room.log.first();
    const SlotId id = views_.largest_log(is_only_chunk ? appended : SlotId{});
    if (!id) return;
    RoomView& largest = views_.at(id);
    const room::RoomLog& log = largest.room.log;
    const Seq half = log.trim_point(log.bytes() / 2);
    // Where there is one chunk only it is given up whole: many rooms may hold one each.
    delivery_.trim(largest, half == log.first() ? log.end() : half);
    views_.note_log_size(id, largest);
    stats_.log_trims.add();
  }
}

}  // namespace switchboard::shard
