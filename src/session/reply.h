// What a host answers to what a session has asked (ask.h). Rooms have their own names ("@alice"); the client is told
// "@me". Views, valid during the call.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "protocol/error.h"
#include "protocol/push.h"
#include "session/membership.h"

namespace switchboard::session {

/// What a refusal is for: the words differ.
enum class Asked : std::uint8_t { kJoin, kPublish, kHistory, kPresence };

struct Refused {
  Asked asked;
  std::string_view room_id;
  std::string_view command_id;  // "" when it had none
  protocol::ErrorCode code;
};
/// To a join. Everything of `joined` is to be given; a client that does not know v1 is told as much as it has asked
/// for.
struct Entered {
  const Membership& membership;  // the session's own
  protocol::Joined joined;
};

/// A publish without an id has no answer but a refusal.
using Reply = std::variant<Refused, Entered, protocol::Ack, protocol::HistoryPage, protocol::PresenceList>;

}  // namespace switchboard::session
