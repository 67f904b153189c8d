// One shard's view of a room in one encoding: its members who read that, each a cursor, and the log that the cursors
// point into. It decides who gets which bytes next and what may be forgotten; it sends nothing and knows sessions only
// by number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/seq.h"
#include "base/slot_table.h"
#include "room/log.h"
#include "room/settings.h"

namespace switchboard::room {

/// A session and its cursor: the number of the next entry that it has not been given.
struct Member {
  std::uint32_t session;  // the client's slot on this shard
  std::uint32_t slot;     // which of the client's memberships this is
  Seq cursor;
};

/// A frame of which a part has been written to a socket. Its bytes must be copied before they are freed.
struct Pin {
  std::uint32_t session;
  Seq frame;
};

/// How far a walk over all members has come. `left` members have still to be looked at since the last append.
struct Lap {
  std::uint32_t position = 0;
  std::uint32_t left = 0;
  Seq oldest_cursor;  // over the members looked at in this round, which begins at position 0
};

class Room {
 public:
  Room(std::string id, const RoomSettings& settings, ChunkPool& pool)
      : log(pool), id_(std::move(id)), settings_(settings) {}

  const std::string& id() const { return id_; }
  const RoomSettings& settings() const { return settings_; }
  /// The settings of its namespace were reloaded: what they say holds from the next append.
  void use(const RoomSettings& settings) { settings_ = settings; }

  const std::vector<Member>& members() const { return members_; }
  Member& member(std::uint32_t index) { return members_[index]; }

  /// Adds a member that gets entries from `cursor` on. Returns its index. Amortised O(1).
  std::uint32_t add(std::uint32_t session, std::uint32_t slot, Seq cursor);
  /// Removes the member at `index`; the last one takes its place (and its new index is `index`). O(1).
  void remove(std::uint32_t index);

  /// Only while the log is empty: the next entry gets that number, which may be one that was used before, and every
  /// member is given it next.
  void restart_at(Seq next);

  /// Appends a frame and asks for a lap. Returns the oldest number that must stay for the backlog's bounds: the caller
  /// trims to it (after saving what is pinned).
  Seq append(std::string_view frame, SlotId excluded);

  /// Begins a new lap over all members: somebody may have something to get, or something may be forgotten.
  void ask_for_lap() { lap_.left = static_cast<std::uint32_t>(members_.size()); }
  bool lap_wanted() const { return lap_.left > 0; }
  std::uint32_t lap_left() const { return lap_.left; }
  /// The next member of the lap. Only while lap_wanted().
  std::uint32_t next_in_lap() const { return lap_.position; }
  /// The member `next_in_lap()` has been looked at. At the end of each round returns the number up to which every
  /// member has been served, which may be trimmed to; otherwise 0.
  Seq step_lap();
  /// A member was given entries outside of the lap, from `before` on: if it was the one that kept the log from being
  /// trimmed (or may be found to be, at the end of this round), asks for a lap to see what can be forgotten.
  void caught_up(Seq before) {
    if (before <= log.first() || (lap_.position > 0 && before <= lap_.oldest_cursor)) ask_for_lap();
  }

  /// Pins: see Pin. `pin` returns the index at which `unpin` must be called; `unpin` returns the session whose pin took
  /// that index, or kNobody.
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};
  std::uint32_t pin(std::uint32_t session, Seq frame);
  std::uint32_t unpin(std::uint32_t index);
  const std::vector<Pin>& pins() const { return pins_; }

  RoomLog log;

 private:
  std::string id_;
  RoomSettings settings_;
  std::vector<Member> members_;
  std::vector<Pin> pins_;
  Lap lap_;
};

}  // namespace switchboard::room
