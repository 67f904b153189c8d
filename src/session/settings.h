// The limits and times of one client's connection.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "auth/policy.h"
#include "session/hook.h"
#include "session/listener_policy.h"
#include "session/rate_limiter.h"
#include "ws/deflate_settings.h"

namespace switchboard::session {

/// What the messages of a connection are for.
enum class Service : std::uint8_t {
  kRooms,  // they are commands of our protocol
  kEcho,   // they go back as they came, text and binary: `switchboard echo`
};

/// Who may write to whom.
enum class DirectPolicy : std::uint8_t {
  kAll,   // everybody who has a user, to everybody
  kNone,  // nobody: `forbidden`
};

struct SessionSettings {
  Service service = Service::kRooms;

  std::shared_ptr<const auth::Policy> auth;  // null: everybody is who they say

  /// At least one. A reload keeps their number.
  std::vector<ListenerPolicy> listeners = std::vector<ListenerPolicy>(1);

  // Before the handshake is done.
  std::uint32_t first_byte_timeout_ms = 5'000;  // a connection that says nothing at all
  std::uint32_t handshake_timeout_ms = 10'000;  // from accept to the end of the request head
  std::uint32_t request_bytes_max = 8'192;      // request line and fields: 431 above it

  // Messages and commands.
  std::uint32_t message_bytes_max = 65'536;       // one WebSocket message from a client: 1009 above it
  std::uint32_t documents_per_message_max = 100;  // JSON documents in one text message
  std::uint32_t frames_per_message_max = 4'096;   // frames that one message may come in: 1009 above it
  std::uint32_t json_depth_max = 64;
  std::uint32_t rooms_per_connection_max = 100;  // `limit_reached` above it
  std::uint32_t errors_max = 50;                 // error answers until the connection is closed with 4000 ...
  std::uint32_t errors_refill_ms = 1'000;        // ... one is forgiven every so often (at least 1)
  std::uint32_t queue_bytes_max = 65'536;        // answers waiting for one client; a full queue stops reading from it

  /// Of the JSON text of one answer to `history` or `presence`, which is longer only when it holds a single message.
  /// Goes on top of `queue_bytes_max`, for there is one such answer at a time.
  std::uint32_t reply_bytes_max = 262'144;
  DirectPolicy direct = DirectPolicy::kAll;

  HookWishes hooks;

  RateSettings rate;  // `rate_limited` above it, and 4102 if that goes on

  ws::DeflateSettings deflate;

  // Life and death.
  std::uint32_t ping_interval_ms = 25'000;  // 0: no pings
  std::uint32_t pong_timeout_ms = 20'000;   // silence after a ping until 4201
  std::uint32_t write_timeout_ms = 30'000;  // a socket that takes not one waiting byte for so long: 4101
  std::uint32_t close_timeout_ms = 2'000;   // how long the peer may take to answer a Close frame
};

}  // namespace switchboard::session
