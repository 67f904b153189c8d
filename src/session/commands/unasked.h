// What a back end has a client do, as if the client had asked: it joins or leaves a room. Nobody asks whether the
// client may; how many rooms it may be in counts. Called by the host, between turns of the client's own commands.
#pragma once

#include <cstdint>
#include <string_view>

#include "session/session.h"

namespace switchboard::session::commands {

enum class Unasked : std::uint8_t {
  kDone,      // it is in the room, or has left it
  kUnderWay,  // its room's home is asked: done, or not, when the session awaits no join any more
  kNot,       // it is in as many rooms as it may be, the room takes nobody, or it was not there
  kWaits,     // what is under way for it comes first: its own commands wait meanwhile; ask again
};

/// `room_id`: no user's own. It is told `joined` unless it was there; a refusal it is not told. The session is open.
Unasked join_unasked(Session& session, std::string_view room_id);
/// It is told `left`, with a reason.
Unasked leave_unasked(Session& session, std::string_view room_id);

}  // namespace switchboard::session::commands
