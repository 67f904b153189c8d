// Why a connection ended, for the log and the metrics.
#pragma once

#include <cstdint>

#include "base/static_text.h"

namespace switchboard::session {

struct Ending {
  StaticText reason;
  std::uint16_t code = 0;  // WebSocket close code; below 1000: the HTTP status of a request that was no WebSocket
  bool by_peer = false;
};

}  // namespace switchboard::session
