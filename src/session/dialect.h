// Which of our messages a client knows.
#pragma once

#include <cstdint>

namespace switchboard::session {

enum class Dialect : std::uint8_t {
  kBase,  // what it asks for is answered, and nothing else is told
  kV1,    // offered the subprotocol: may be sent pushes that it did not ask for
};

}  // namespace switchboard::session
