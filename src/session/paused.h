// Input that a session had to put aside.
#pragma once

#include <string>

#include "session/session.h"

namespace switchboard::session {

struct Session::Paused {
  bool join_under_way = false;    // goes on only after `on_joined` or `on_join_refused`
  bool first_is_counted = false;  // the first of `documents` was held against the rate limits before
  std::string documents;          // of the message that was being handled, from the one to try (again) on
  std::string bytes;              // received behind that message, still masked
};

}  // namespace switchboard::session
