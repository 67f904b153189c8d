// Between a session and its shard's views of rooms: where it stands in one.
#pragma once

#include <cstdint>
#include <optional>

#include "session/session.h"

namespace switchboard::shard {

/// The place of its membership in that view among its memberships; none when it has none.
inline std::optional<std::uint32_t> slot_of(const session::Session& session, SlotId view) {
  return session.memberships().find(view);
}

}  // namespace switchboard::shard
