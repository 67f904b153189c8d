// What is left of a client's message when not all of its commands can be obeyed at once, and what they wait for. The
// session says so, its wire keeps it: there is none in nearly every connection.
#pragma once

#include <cstdint>
#include <string>

namespace switchboard::session {

/// What it goes on after. There must be room at the outlet besides.
enum class Wait : std::uint8_t {
  kJoin,     // the answer to a join
  kQuery,    // the answer to a query
  kAnswers,  // that, and every acknowledgement
  kHook,     // what a back end says to a command
  kHost,     // the host says that there is room on the way
  kOutlet,   // nothing waits at the outlet any more
  kTurn,     // the others have had their turn
};

/// How far a message has been obeyed.
struct Progress {
  std::uint32_t documents = 0;   // that were handled: their number is limited
  bool next_is_counted = false;  // the one behind them was held against the rate limits, and then had to wait
};

struct Remainder {
  Wait why = Wait::kTurn;
  Progress progress = {};
  std::string documents = {};  // from the one to try (again) on; may be empty
};

}  // namespace switchboard::session
