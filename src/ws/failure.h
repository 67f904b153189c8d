// Why a peer failed the protocol.
#pragma once

#include <cstdint>

#include "base/static_text.h"
#include "ws/opcode.h"

namespace switchboard::ws {

/// The close code to send and a sentence for the peer's developer (at most 123 bytes).
struct Failure {
  std::uint16_t code;
  StaticText reason;
};

inline constexpr Failure kInvalidText{close::kInvalidPayload, "A text message is not valid UTF-8."};
inline constexpr Failure kMessageTooLarge{close::kMessageTooBig, "The message is larger than this server takes."};

}  // namespace switchboard::ws
