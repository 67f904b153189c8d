// How one core divides its time and memory, and how it sets up its sockets.
#pragma once

#include <cstdint>
#include <string>

#include "api/settings.h"
#include "broker/memory/settings.h"
#include "broker/store_window.h"
#include "room/settings.h"
#include "session/origin_list.h"
#include "session/settings.h"

namespace switchboard::shard {

/// Publishes whose outcome is not known yet. Those of one connection are bounded by fixed numbers in the server, small
/// ones in the simulation; one message is always allowed.
struct PublishLimits {
  std::uint64_t bytes_max = 32u << 20;            // all connections together; half of it for who has nothing under way
  std::uint16_t connection_messages_max = 1'024;  // of one connection
  std::uint32_t connection_bytes_max = 256u << 10;
};

/// What holds for the history of all rooms; what of each is kept is its namespace's affair.
struct HistorySettings {
  std::uint32_t commit_wait_ms = 5'000;      // a publish whose outcome takes longer is told `unavailable`
  PublishLimits publishing;                  // of what this shard's clients have on its way to the store
  broker::StoreWindow store_window;          // what the store is given at a time
  broker::MemorySettings memory;             // of rooms that are kept in memory, this shard's together
  std::size_t page_cache_bytes = 16u << 20;  // pages read lately, kept for others who ask for the same
};

struct ShardSettings {
  session::SessionSettings session;
  api::ApiSettings api;
  session::OriginList api_origins{};  // pages whose requests to the API browsers let through; none: no page's
  room::RoomSettingsTable rooms;
  HistorySettings history;

  std::uint64_t log_bytes_max = 256u << 20;  // all rooms' logs of this shard together; the largest is trimmed first
  /// What waits for single clients of this shard, all of it together: above it who has taken nothing for a second is
  /// ended, and large answers are refused.
  std::uint64_t outbox_bytes_max = 64u << 20;
  std::uint32_t rooms_max = 1'000'000;      // rooms that exist at once on this shard: `limit_reached` above it
  std::uint32_t input_us = 500;             // how long one turn may take over what clients send
  std::uint32_t sweep_us = 1'000;           // how long one turn of the loop may fan out before it looks at its sockets
  std::uint32_t slice_members = 64;         // members of one room served before another large room has its turn
  std::uint32_t send_bytes_max = 65'536;    // most bytes handed to one socket in one go
  std::uint32_t replays_max = 64;           // members who hold or await a page of history at once; the others wait
  std::string server_name = "switchboard";  // in `hello`
};

}  // namespace switchboard::shard
