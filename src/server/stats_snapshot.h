// What all shards together have done and hold at one moment, as plain numbers. Taken without a lock while they work, so
// two numbers of one snapshot may be a few events apart; each of them is right.
#pragma once

#include <array>
#include <cstdint>

#include "base/shared_histogram.h"
#include "session/stats.h"
#include "shard/stats.h"

namespace switchboard::server {

class ShardGroup;

/// Field names as in shard::ShardStats and session::SessionStats, which explain them.
struct StatsSnapshot {
  std::uint64_t shards = 0;

  std::uint64_t connections = 0;
  std::uint64_t connections_total = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t sends = 0;
  std::uint64_t blocked = 0;
  std::uint64_t lagged_messages = 0;
  std::uint64_t lagged_events = 0;
  std::uint64_t too_slow = 0;
  std::uint64_t home_rooms = 0;
  std::uint64_t views = 0;
  std::uint64_t members = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t log_trims = 0;
  std::uint64_t outbox_bytes = 0;
  std::uint64_t shed = 0;
  std::uint64_t commits = 0;
  std::uint64_t replays = 0;
  std::uint64_t replays_total = 0;
  std::uint64_t replay_pages = 0;
  std::uint64_t replay_messages = 0;
  std::uint64_t replay_gaps = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t publishes_failed = 0;
  std::uint64_t publishes_delayed = 0;
  std::uint64_t pages_read = 0;
  std::uint64_t pages_shared = 0;
  std::uint64_t presence_rooms = 0;
  std::uint64_t presence_pushes = 0;
  std::uint64_t presence_watchers = 0;
  std::uint64_t directs = 0;
  std::uint64_t directs_to_nobody = 0;
  std::uint64_t directs_addressed = 0;
  std::uint64_t compressed = 0;
  std::uint64_t compressed_bytes_before = 0;
  std::uint64_t compressed_bytes_after = 0;
  std::uint64_t waits = 0;
  std::uint64_t accept_pauses = 0;
  std::uint64_t tls_handshakes = 0;
  std::uint64_t tls_resumed = 0;
  std::uint64_t tls_failed = 0;
  std::array<std::uint64_t, shard::EndingCounts::kCodes.size()> endings{};  // by EndingCounts::kCodes
  std::uint64_t endings_other = 0;
  std::uint64_t endings_http = 0;
  SharedHistogram::Snapshot loop_lag;
  SharedHistogram::Snapshot fan_out;

  std::uint64_t handshakes = 0;
  std::uint64_t handshakes_refused = 0;
  std::uint64_t pages = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t replies = 0;
  std::uint64_t joins = 0;
  std::uint64_t leaves = 0;
  std::uint64_t publishes = 0;
  std::uint64_t history_queries = 0;
  std::uint64_t presence_queries = 0;
  std::uint64_t pings_sent = 0;
  std::uint64_t pongs_received = 0;
  std::array<std::uint64_t, session::kErrorCodes> errors{};        // by protocol::ErrorCode
  std::array<std::uint64_t, session::kRateLimits> rate_limited{};  // by session::RateLimit

  /// Frames handed to sockets: room messages and what went to one client alone.
  std::uint64_t messages_sent() const { return deliveries + replies; }

  /// Adds one shard's.
  void add(const shard::ShardStats& shard, const session::SessionStats& sessions);
};

/// Any thread.
StatsSnapshot snapshot_of(const ShardGroup& shards);
/// snapshot_of(shards).messages_sent(), without the rest: cheap enough to ask all the time.
std::uint64_t messages_sent_by(const ShardGroup& shards);

}  // namespace switchboard::server
