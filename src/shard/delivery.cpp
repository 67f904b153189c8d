#include "shard/delivery.h"

#include <algorithm>

#include "base/assert.h"

namespace switchboard::shard {

std::size_t Delivery::write(Client& client, std::string_view bytes) {
  const net::IoResult result = client.transport->write(bytes);
  if (result.status == net::IoStatus::kFailed) {
    on_failed(client);
    return 0;
  }
  if (result.bytes > 0) {
    stats_.bytes_sent.add(result.bytes);
    stats_.sends.add();
    client.connection.on_progress(result.bytes);
  }
  if (result.status == net::IoStatus::kHeld) {
    hold(client);
  } else if (result.bytes < bytes.size()) {
    on_blocked(client);
  }
  return result.bytes;
}

void Delivery::on_failed(Client& client) {
  client.socket_failed = true;
  client.blocked = true;
  leave_unsettled(client);
}

void Delivery::on_blocked(Client& client) {
  client.blocked = true;
  client.connection.on_blocked();
  stuck_.note(client);
  stats_.blocked.add();
  if (client.connection.next_deadline() < client.deadline) leave_unsettled(client);  // the write timeout runs
}

void Delivery::hold(Client& client) {
  client.holding = true;
  on_blocked(client);
}

bool Delivery::flush_held(Client& client) {
  const net::IoResult result = client.transport->flush();
  if (result.bytes > 0) client.connection.on_progress(result.bytes);
  if (result.status == net::IoStatus::kOk) {
    client.holding = false;
    return true;
  }
  if (result.status == net::IoStatus::kFailed) {
    on_failed(client);
  } else {
    hold(client);
  }
  return false;
}

void Delivery::leave_unsettled(Client& client) {
  if (client.unsettled) return;
  client.unsettled = true;
  unsettled_.push_back(client.session().id());
}

void Delivery::on_answered(Client& client) {
  if (client.connection.paused() && !client.publishing.is_waiting) resumable_.push_back(client.session().id());
  leave_unsettled(client);
}

bool Delivery::flush(Client& client) {
  if (client.blocked) {
    stuck_.note(client);  // more waits for it, perhaps
    return false;
  }
  if (client.holding && !flush_held(client)) return false;
  if (client.unfinished.room) {
    RoomView* view = &views_.at(client.unfinished.room);
    const std::string_view rest = view->room.log.frame(client.unfinished.frame).substr(client.unfinished.offset);
    const std::size_t taken = write(client, rest);
    client.unfinished.offset += static_cast<std::uint32_t>(taken);
    if (taken < rest.size()) return false;
    unpin(client, *view);
    if (client.blocked) return false;  // written, but held
  }
  const session::Outbox& outbox = client.connection.outbox();
  if (!outbox.empty()) {
    const std::size_t waiting = outbox.size();
    const std::size_t taken = write(client, outbox.front());
    client.connection.consume_outbox(taken);
    if (taken < waiting || client.blocked) return false;
  }
  if (client.connection.paused()) resumable_.push_back(client.session().id());
  if (client.connection.state() == session::State::kClosing) leave_unsettled(client);
  return true;
}

bool Delivery::serve(Client& client, SlotId view_id, RoomView& view, room::Member& member, std::size_t bytes_max) {
  if (client.blocked || member.cursor >= view.room.log.end()) return true;
  // A member names its client by the slot alone: that it is still the same one is seen from the other side. Who is over
  // has left its rooms before the sweep, so nothing of them comes behind its Close frame.
  const session::Membership& membership = client.session().memberships()[member.slot];
  SB_ASSERT(membership.room == view_id && membership.has_cursor() && !client.session().is_leaving());
  if ((client.unfinished.room || !client.connection.outbox().empty()) && !flush(client)) return true;
  if (client.replaying) {
    if (Replay* replay = replays_.find(client, view_id)) {
      return serve_replay(client, view_id, view, member, *replay, bytes_max);
    }
  }
  if (member.cursor < view.room.log.first()) {
    if (view.keeps_history() && !membership.is_implicit &&
        view.room.settings().slow_client == room::SlowClientPolicy::kSkip) {
      return serve_replay(client, view_id, view, member, replays_.begin(client, view_id), bytes_max);
    }
    if (!skip_missed(client, view, member)) return true;
  }
  serve_log(client, view_id, view, member, view.room.log.end(), bytes_max);
  return client.blocked || member.cursor >= view.room.log.end();
}

/// What the log has of [cursor, until), as far as `budget` goes: what is left of it is told.
void Delivery::serve_log(Client& client, SlotId view_id, RoomView& view, room::Member& member, Seq until,
                         std::size_t& budget) {
  const room::RoomLog& log = view.room.log;
  while (member.cursor < until && budget > 0 && !client.blocked) {
    room::Slice slice = log.slice(member.cursor, budget, client.session().id());
    if (slice.after > until) {
      slice.bytes = {slice.bytes.data(), static_cast<std::size_t>(log.frame(until).data() - slice.bytes.data())};
      slice.after = until;
    }
    if (!slice.bytes.empty()) {
      const std::size_t taken = write(client, slice.bytes);
      if (taken < slice.bytes.size()) return on_partial_write(client, view_id, view, member, taken);
      stats_.deliveries.add(distance(member.cursor, slice.after));
    }
    member.cursor = slice.after;
    // A small rest of the budget is not worth a send of its own.
    budget = slice.bytes.size() > budget / 2 ? 0 : budget - slice.bytes.size();
  }
}

void Delivery::on_partial_write(Client& client, SlotId view_id, RoomView& view, room::Member& member,
                                std::size_t taken) {
  if (taken == 0) return;
  const room::Position position = view.room.log.locate(member.cursor, taken);
  stats_.deliveries.add(distance(member.cursor, position.frame));
  member.cursor = position.frame;
  if (position.offset == 0) return;
  member.cursor = position.frame.next();
  stats_.deliveries.add();
  client.unfinished = {.room = view_id,
                       .frame = position.frame,
                       .offset = position.offset,
                       .pin = view.room.pin(client.session().id().index, position.frame)};
}

bool Delivery::skip_missed(Client& client, RoomView& view, room::Member& member) {
  if (view.is_presence) {
    // Whatever it has missed, one number makes up for it.
    client.session().send(protocol::PresenceChange{
        .room_id = view.room.id(), .joined = {}, .left = {}, .count = view.present, .is_partial = true});
    member.cursor = view.room.log.end();
    return flush(client);
  }
  if (view.room.settings().slow_client == room::SlowClientPolicy::kDisconnect) {
    client.too_slow = true;
    client.blocked = true;
    leave_unsettled(client);
    return false;
  }
  move_on(client, view, member, view.room.log.first());
  return flush(client);
}

/// What lies before `to` is lost to that member, and declared.
void Delivery::move_on(Client& client, RoomView& view, room::Member& member, Seq to) {
  stats_.lagged_messages.add(distance(member.cursor, to));
  stats_.lagged_events.add();
  client.session().on_lagged(client.session().memberships()[member.slot],
                             {.room_id = view.room.id(), .from = member.cursor, .to = Seq{to.value - 1}});
  member.cursor = to;
}

void Delivery::save_unfinished(Client& client) {
  if (!client.unfinished.room) return;
  RoomView& view = views_.at(client.unfinished.room);
  client.connection.prepend_to_outbox(view.room.log.frame(client.unfinished.frame).substr(client.unfinished.offset));
  unpin(client, view);
}

/// The room's last pin takes the place of this one: its client, too, must know where.
void Delivery::unpin(Client& client, RoomView& view) {
  const std::uint32_t pin = client.unfinished.pin;
  SB_ASSERT(view.room.pins()[pin].session == client.session().id().index);
  if (const std::uint32_t moved = view.room.unpin(pin); moved != room::Room::kNobody) {
    Unfinished& other = clients_.at_index(moved).unfinished;
    SB_ASSERT(other.room == client.unfinished.room && other.pin == view.room.pins().size());
    other.pin = pin;
  }
  client.unfinished = {};
}

void Delivery::trim(RoomView& view, Seq keep) {
  room::Room& room = view.room;
  if (keep <= room.log.first()) return;
  if (!room.pins().empty()) {
    const Seq held = room.log.held_after_trim(keep);
    // From the back: saving one moves the last pin into its place.
    for (std::size_t i = room.pins().size(); i-- > 0;) {
      if (room.pins()[i].frame < held) save_unfinished(clients_.at_index(room.pins()[i].session));
    }
  }
  room.log.trim_before(keep);
}

// --- members that are fed from their room's history -----------------------------------------------------------------

/// In steps, each of which leaves the cursor at one of the borders: of the page, of the log, of what `joined` told.
bool Delivery::serve_replay(Client& client, SlotId view_id, RoomView& view, room::Member& member, Replay& replay,
                            std::size_t budget) {
  const room::RoomLog& log = view.room.log;
  while (true) {
    // Also when the socket has taken only a part of the message before: nothing else can come in between any more.
    if (replay.owes_caught_up && member.cursor > replay.target) tell_caught_up(client, view, replay);
    const bool is_in_log = member.cursor >= log.first();
    if (is_in_log && !replay.owes_caught_up) {
      replays_.end(client, view_id);
      serve_log(client, view_id, view, member, log.end(), budget);
      return client.blocked || member.cursor >= log.end();
    }
    if (client.blocked) return true;
    if (budget == 0) return false;
    if (is_in_log) {
      replays_.drop_page(replay);
      serve_log(client, view_id, view, member, replay.target.next(), budget);
    } else if (!serve_page(client, view, member, replay, budget)) {
      return true;
    }
  }
}

/// False when a page has to be waited for.
bool Delivery::serve_page(Client& client, RoomView& view, room::Member& member, Replay& replay, std::size_t& budget) {
  if (replay.stage != Replay::Stage::kHolding && replay.stage != Replay::Stage::kFailed) {
    replays_.want_page(replay, member.cursor);
    return false;
  }
  const wire::Page* page = replay.page.get();
  if (page == nullptr || page->epoch != view.epoch || !page->holds(member.cursor)) {
    skip_lost(client, view, member, replay);
    return true;
  }
  Seq until = std::min(page->end(), view.room.log.first());
  if (replay.owes_caught_up) until = std::min(until, replay.target.next());
  write_page(client, member, replay, until, budget);
  return true;
}

/// The page's messages of [cursor, until), as far as `budget` goes; at least one.
void Delivery::write_page(Client& client, room::Member& member, Replay& replay, Seq until, std::size_t& budget) {
  const wire::Page& page = *replay.page;
  const auto index = [&](auto it) { return static_cast<std::size_t>(it - page.ends.begin()); };
  const auto at = [&](std::size_t i) { return page.ends.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::size_t from = distance(page.first, member.cursor);
  std::size_t to = distance(page.first, until);
  const std::size_t begin = page.begin_of(from);
  to = std::max(from + 1, index(std::upper_bound(at(from), at(to), begin + budget)));

  const std::size_t count = page.ends[to - 1] - begin;
  const std::size_t taken = write(client, std::string_view(page.bytes).substr(begin, count));
  std::size_t next = to;  // the first frame of which nothing was written
  if (taken < count) {
    next = index(std::upper_bound(at(from), at(to), begin + taken));
    if (const std::size_t in_frame = begin + taken - page.begin_of(next); in_frame > 0) {
      // The page need not be kept for it. The private queue is empty: it is written before any room.
      client.connection.prepend_to_outbox(page.message(next).substr(in_frame));
      ++next;
    }
  }
  stats_.deliveries.add(next - from);
  stats_.replay_messages.add(next - from);
  member.cursor = page.first.plus(next);
  budget = count > budget / 2 ? 0 : budget - count;
  if (member.cursor >= page.end()) replays_.drop_page(replay);
}

void Delivery::tell_caught_up(Client& client, const RoomView& view, Replay& replay) {
  replay.owes_caught_up = false;
  client.session().on_caught_up({.room_id = view.room.id(), .seq = replay.target, .is_complete = replay.is_complete});
  if (!client.blocked) flush(client);
}

void Delivery::give_up_replay(Client& client, SlotId view_id, const RoomView& view) {
  const Replay* replay = replays_.find(client, view_id);
  if (replay == nullptr) return;
  if (replay->owes_caught_up) {
    client.session().on_caught_up({.room_id = view.room.id(), .seq = replay->target, .is_complete = false});
  }
  replays_.end(client, view_id);
}

/// The room has trimmed what the member needs next, or its history cannot be read: it goes on where there is something.
void Delivery::skip_lost(Client& client, RoomView& view, room::Member& member, Replay& replay) {
  Seq to = view.room.log.first();
  if (const wire::Page* page = replay.page.get(); page != nullptr && page->epoch == view.epoch) {
    if (!page->empty() && page->first > member.cursor) {
      to = std::min(to, page->first);
    } else if (page->empty() && page->gap_end > member.cursor) {
      to = std::min(to, page->gap_end);
    } else if (page->empty() && page->oldest > member.cursor) {
      to = std::min(to, page->oldest);
    }
  }
  replay.is_complete = false;
  stats_.replay_gaps.add();
  move_on(client, view, member, to);
  if (replay.page == nullptr || !replay.page->holds(member.cursor)) replays_.drop_page(replay);
  if (replay.stage == Replay::Stage::kFailed) replay.stage = Replay::Stage::kIdle;
  flush(client);
}

}  // namespace switchboard::shard
