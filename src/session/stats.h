// What the sessions of one shard have done so far. Written by the shard's thread, read by any.
#pragma once

#include "auth/token_refusal.h"
#include "base/counter.h"
#include "protocol/error.h"
#include "session/rate_limiter.h"

namespace switchboard::session {

inline constexpr std::size_t kErrorCodes = static_cast<std::size_t>(protocol::ErrorCode::kInternal) + 1;

/// Some of it is counted here, the rooms' messages by the shard.
inline constexpr MetricFamily kMessagesSent{
    "switchboard_messages_sent_total", MetricType::kCounter,
    "Messages written to sockets: room is a room's message to one member, reply what went to one client only."};

struct SessionStats {
  MetricList metrics;

  Counter handshakes{metrics, "switchboard_handshakes_total", "WebSocket handshakes completed."};
  Counter handshakes_refused{metrics, "switchboard_handshakes_refused_total", "Requests answered with an HTTP error."};
  Counter plain_requests{metrics, "switchboard_pages_total", "Plain HTTP requests served."};
  Counter messages_received{metrics, "switchboard_messages_received_total", "WebSocket messages received."};
  Counter bytes_received{metrics, "switchboard_received_bytes_total", "Bytes read from sockets."};
  Counter replies{metrics, kMessagesSent, metric_label("kind", "reply")};  // pushes to one client, too
  Counter joins{metrics, "switchboard_joins_total", "Joins of rooms."};
  Counter leaves{metrics, "switchboard_leaves_total", "Leaves of rooms that clients asked for."};
  Counter leaves_for_permission{metrics, "switchboard_permission_leaves_total",
                                "Rooms that clients had to leave because they may not be there any more."};
  // The next four count what was handed on.
  Counter publishes{metrics, "switchboard_publishes_total", "Messages that clients published to rooms."};
  Counter directs{metrics, "switchboard_direct_publishes_total", "Messages that clients sent to users."};
  Counter history_queries{metrics, "switchboard_history_queries_total", "Queries of a room's history."};
  Counter presence_queries{metrics, "switchboard_presence_queries_total", "Queries of who is in a room."};
  Counter pings_sent{metrics, "switchboard_pings_sent_total", "Heartbeat pings sent."};
  Counter pongs_received{metrics, "switchboard_pongs_received_total", "Pongs received."};
  /// By protocol::ErrorCode.
  CounterFamily<kErrorCodes> errors{
      metrics, "switchboard_errors_total", "Error answers to clients, by their code.", "code",
      [](std::size_t index) { return protocol::name(static_cast<protocol::ErrorCode>(index)); }};
  Counter tokens_accepted{metrics, "switchboard_tokens_accepted_total", "Tokens of clients that were good."};
  Counter tokens_ended{metrics, "switchboard_tokens_expired_total",
                       "Connections closed because their token was over (4202)."};
  /// By auth::RefusalReason.
  CounterFamily<auth::kRefusalReasons> tokens_refused{
      metrics, "switchboard_tokens_refused_total", "Tokens of clients that were not, by why.", "reason",
      [](std::size_t index) { return name(static_cast<auth::RefusalReason>(index)); }};
  /// By RateLimit.
  CounterFamily<kRateLimits> rate_limited{
      metrics, "switchboard_rate_limited_total",
      "What rate limits did, by the setting: commands refused (messages, joins, publishes and so on), times that "
      "reading paused (bytes), connections closed (control_frames).",
      "limit", [](std::size_t index) { return name(static_cast<RateLimit>(index)); }};
};

}  // namespace switchboard::session
