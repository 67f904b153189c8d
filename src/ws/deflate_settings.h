// What an operator can set about permessage-deflate (RFC 7692).
#pragma once

#include <cstdint>

namespace switchboard::ws {

struct DeflateSettings {
  bool enabled = true;                   // accept the extension when a client offers it
  std::uint32_t bytes_min = 256;         // messages below it are sent as they are
  std::uint8_t window_bits = 12;         // 9 to 15: the window our messages are compressed with has 2^window_bits bytes
  std::uint8_t level = 1;                // 1 (fast) to 9 (small), as zlib counts
  bool client_context_takeover = false;  // clients may refer back to their earlier messages: memory for each of them
};

}  // namespace switchboard::ws
