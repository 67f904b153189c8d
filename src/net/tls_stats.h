// What one shard's TLS transports have done. Written by its thread alone, read by any.
#pragma once

#include "base/counter.h"

namespace switchboard::net {

struct TlsStats {
  Counter handshakes;  // finished, resumed ones included
  Counter resumed;     // of those, with a session from an earlier connection
  Counter failed;      // connections that ended before theirs was finished, but for silent ones
};

}  // namespace switchboard::net
