// Input that a session had to put aside.
#pragma once

#include <cstdint>
#include <string>

#include "session/session.h"

namespace switchboard::session {

/// What it goes on after. The private queue must have room besides.
enum class Session::Wait : std::uint8_t {
  kJoin,     // `on_joined` or `on_join_refused`
  kQuery,    // the answer to a query
  kAnswers,  // that, and every acknowledgement
  kHost,     // the host says that there is room on the way
  kOutbox,   // room in the private queue
  kTurn,     // the others have had their turn
};

struct Session::Paused {
  Wait why = Wait::kTurn;
  bool first_is_counted = false;       // the first of `documents` was held against the rate limits before
  std::uint32_t documents_before = 0;  // of the same message, that were handled: their number is limited
  std::string documents;               // of the message that was being handled, from the one to try (again) on
  std::string bytes;                   // received behind that message, still masked
};

}  // namespace switchboard::session
