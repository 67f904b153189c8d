// A session's place in one room of its shard.
#pragma once

#include <cstdint>

#include "base/slot_table.h"

namespace switchboard::session {

struct Membership {
  SlotId room = {};          // the shard's view of the room
  std::uint32_t member = 0;  // index among the room's members, once joined
  bool joined : 1 = false;   // false while the room's home has not answered
  /// Joined with `since`, `last` or `presence`: told what otherwise only v1 clients are. Set by the host before
  /// `on_joined`.
  bool opted_in : 1 = false;
  /// The user's own room, entered by the host for direct messages to arrive live: the client did not join it, and it
  /// does not count as one of its rooms. May come at any time, also behind one whose join is under way.
  bool is_implicit : 1 = false;
  /// Of those who watch who comes and goes in a room that it has joined: `room` is their view, which is not a room of
  /// its own and does not count as one. Comes and goes with the membership of the room itself.
  bool is_watcher : 1 = false;

  /// It is given what is in the view's log: `member` says where.
  bool has_cursor() const { return joined || is_implicit || is_watcher; }
};

}  // namespace switchboard::session
