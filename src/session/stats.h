// What the sessions of one shard have done so far. Written by the shard's thread, read by any.
#pragma once

#include <array>

#include "base/counter.h"
#include "protocol/error.h"
#include "session/rate_limiter.h"

namespace switchboard::session {

inline constexpr std::size_t kErrorCodes = static_cast<std::size_t>(protocol::ErrorCode::kInternal) + 1;

struct SessionStats {
  Counter handshakes;          // completed upgrades
  Counter handshakes_refused;  // answered with an HTTP error
  Counter pages;               // plain HTTP requests served
  Counter messages_received;   // WebSocket messages
  Counter bytes_received;      // as read from sockets
  Counter replies;             // answers and pushes to one client, not room messages
  Counter joins;
  Counter leaves;
  Counter publishes;         // broadcasts handed on
  Counter directs;           // messages to a user handed on
  Counter history_queries;   // `history` commands handed on
  Counter presence_queries;  // `presence` commands handed on
  Counter pings_sent;
  Counter pongs_received;
  std::array<Counter, kErrorCodes> errors;        // by protocol::ErrorCode
  std::array<Counter, kRateLimits> rate_limited;  // by RateLimit: commands refused, times that reading paused, closes
};

}  // namespace switchboard::session
