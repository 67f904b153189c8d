// A session's place in one room of its shard.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>

#include "base/slot_table.h"

namespace switchboard::session {

struct Membership {
  SlotId room;               // the shard's view of the room
  std::uint32_t member = 0;  // index among the room's members, once joined
  bool joined = false;       // false while the room's home has not answered
};

/// Nearly every connection is in one room: that one is kept where the session is.
using Memberships = boost::container::small_vector<Membership, 1>;

}  // namespace switchboard::session
