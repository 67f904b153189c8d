// Why a peer failed the protocol.
#pragma once

#include <cstdint>
#include <string_view>

namespace switchboard::ws {

/// The close code to send and a sentence for the peer's developer (at most 123 bytes).
struct Failure {
  std::uint16_t code;
  std::string_view reason;  // a literal
};

}  // namespace switchboard::ws
