// Delivery, the part about members that are fed from their room's history.
#include <algorithm>

#include "base/assert.h"
#include "shard/delivery.h"

namespace switchboard::shard {

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
