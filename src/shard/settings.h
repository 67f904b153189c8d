// How one core divides its time and memory, and how it sets up its sockets.
#pragma once

#include <cstdint>
#include <string>

#include "room/settings.h"
#include "session/settings.h"

namespace switchboard::shard {

struct ShardSettings {
  session::SessionSettings session;
  room::RoomSettingsTable rooms;

  std::uint64_t log_bytes_max = 256u << 20;  // all rooms' logs of this shard together; the largest is trimmed first
  std::uint32_t rooms_max = 1'000'000;       // rooms that exist at once on this shard: `limit_reached` above it
  std::uint32_t sweep_us = 1'000;            // how long one turn of the loop may fan out before it looks at its sockets
  std::uint32_t slice_members = 64;          // members of one room served before another large room has its turn
  std::uint32_t send_bytes_max = 65'536;     // most bytes handed to one socket in one go
  std::string server_name = "switchboard";   // in `hello`
};

}  // namespace switchboard::shard
