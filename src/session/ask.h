// What a session can ask of its host. A query more is an alternative more here, and one in reply.h.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "protocol/command.h"

namespace switchboard::session {

// Every `room_id` in these is the room's own name: "@me" was replaced by the user's room ("@alice"). `slot`: of the
// membership. All of it is valid during the call only.

/// The session has looked: either it is not in the room, or the join is plain (which is answered at once and changes no
/// more than `info`) or turns an implicit membership into an ordinary one.
struct AskJoin {
  const protocol::Join& join;
};
/// `slot`: none when the session is not in the room and need not be. `broadcast.echo` has a value.
struct AskBroadcast {
  std::optional<std::uint32_t> slot;
  const protocol::Broadcast& broadcast;
};
/// The room of the answer is the one of the user that it is for.
struct AskDirect {
  const protocol::Direct& direct;
};
/// The range may reach past what there is.
struct AskHistory {
  std::uint32_t slot;
  const protocol::History& history;
};
struct AskPresence {
  std::uint32_t slot;
  const protocol::Presence& presence;
};

using Ask = std::variant<AskJoin, AskBroadcast, AskDirect, AskHistory, AskPresence>;

}  // namespace switchboard::session
