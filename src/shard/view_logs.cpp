#include "shard/view_logs.h"

#include "base/assert.h"

namespace switchboard::shard {
namespace {

constexpr int kTrimsToWellBelow = 64;

}  // namespace

void ViewLogs::append(const ViewsByFormat& views, Seq seq, const wire::Formatted& message, SlotId excluded) {
  for (const SlotId view : views) {
    if (view) append_if_joined(view, seq, message, excluded);
  }
}

void ViewLogs::append_if_joined(SlotId view_id, Seq seq, const wire::Formatted& message, SlotId excluded) {
  RoomView* view = views_.find(view_id);
  if (view == nullptr) return;   // its last member left while this was on its way
  if (!view->home_room) return;  // committed before the first join here: not for anybody
  append(view_id, *view, seq, message, excluded);
}

void ViewLogs::append(SlotId view_id, RoomView& view, Seq seq, const wire::Formatted& message, SlotId excluded) {
  SB_ASSERT(seq == view.room.log.end());
  if (view.appended_at == Instant{}) view.appended_at = context_.now;
  const Seq keep = view.room.append(message.in(view.format), excluded);
  delivery_.trim(view, view.room.members().empty() ? view.room.log.end() : keep);
  views_.note_log_size(view_id, view);
  sweep_.want(view_id, view);
  keep_within_bound(view_id);
}

/// At the bound each append gives up about as much as it takes, from about the largest logs: down to well below the
/// bound, but never so much at once that somebody would notice. `appended`: its newest chunk is not given up.
void ViewLogs::keep_within_bound(SlotId appended) {
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

void ViewLogs::expect_next(RoomView& view, std::string_view epoch, Seq seq) {
  if (view.epoch == epoch && view.room.log.end() == seq) return;
  SB_ASSERT(!view.is_joined());
  delivery_.trim(view, view.room.log.end());
  view.room.restart_at(seq);
  view.epoch = epoch;
}

void ViewLogs::begin_epoch(const EpochResult& result) {
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

}  // namespace switchboard::shard
