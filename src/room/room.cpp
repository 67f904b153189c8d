#include "room/room.h"

#include <algorithm>

#include "base/assert.h"

namespace switchboard::room {

std::uint32_t Room::add(std::uint32_t session, std::uint32_t slot, Seq cursor) {
  members_.push_back({.session = session, .slot = slot, .cursor = cursor});
  if (lap_wanted()) ++lap_.left;  // the lap passes it, too, and must not be a step short for the others
  return static_cast<std::uint32_t>(members_.size() - 1);
}

void Room::remove(std::uint32_t index) {
  SB_ASSERT(index < members_.size());
  const Member& last = members_.back();
  // The last member may move from where this round has not been to where it has: its cursor counts all the same.
  if (index < lap_.position) lap_.oldest_cursor = std::min(lap_.oldest_cursor, last.cursor);
  members_[index] = last;
  members_.pop_back();
  if (members_.size() < members_.capacity() / 4) members_.shrink_to_fit();
  if (lap_.position >= members_.size()) lap_.position = 0;
  // ... and it must be looked at: one more walk over all cursors is cheap. It also frees what only the one who left
  // kept.
  if (lap_wanted() || !log.empty()) ask_for_lap();
}

void Room::restart_at(Seq next) {
  log.start_at(next);
  for (Member& member : members_)
    member.cursor = next;
  lap_ = {};
}

Seq Room::append(std::string_view frame, SlotId excluded) {
  // Whole chunks are given up: a quarter of the backlog is as coarse as that may be.
  log.append(frame, excluded, settings_.backlog_bytes / 4);
  ask_for_lap();
  Seq keep = log.trim_point(settings_.backlog_bytes);
  if (log.size() > settings_.backlog_messages) keep = std::max(keep, Seq{log.end().value - settings_.backlog_messages});
  return keep;
}

Seq Room::step_lap() {
  const Seq cursor = members_[lap_.position].cursor;
  lap_.oldest_cursor = lap_.position == 0 ? cursor : std::min(lap_.oldest_cursor, cursor);
  if (lap_.left > 0) --lap_.left;
  if (++lap_.position < members_.size()) {
    // A lap that ends in the middle walks on to the end of the round: only there it is known what can be forgotten.
    if (lap_.left == 0 && !log.empty()) lap_.left = static_cast<std::uint32_t>(members_.size()) - lap_.position;
    return Seq{0};
  }
  lap_.position = 0;
  return lap_.oldest_cursor;
}

std::uint32_t Room::pin(std::uint32_t session, Seq frame) {
  pins_.push_back({.session = session, .frame = frame});
  return static_cast<std::uint32_t>(pins_.size() - 1);
}

std::uint32_t Room::unpin(std::uint32_t index) {
  SB_ASSERT(index < pins_.size());
  pins_[index] = pins_.back();
  pins_.pop_back();
  return index < pins_.size() ? pins_[index].session : kNobody;
}

}  // namespace switchboard::room
