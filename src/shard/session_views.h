// Between a session and its shard's views of rooms: which of a room's views it reads, and where it stands in one.
#pragma once

#include <cstdint>
#include <optional>

#include "session/session.h"
#include "ws/frame_writer.h"

namespace switchboard::shard {

/// How that client reads its rooms: the same for all of them, from its handshake on.
inline ws::Encoding encoding_of(const session::Session& session) {
  return session.wants_deflate() ? ws::Encoding::kDeflated : ws::Encoding::kPlain;
}

/// The place of its membership in that view among its memberships; none when it has none.
inline std::optional<std::uint32_t> slot_of(const session::Session& session, SlotId view) {
  return session.memberships().find(view);
}

}  // namespace switchboard::shard
