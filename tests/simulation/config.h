// One seed's world: how many shards, clients and rooms, and how small every limit is.
#pragma once

#include <cstdint>
#include <string>

#include "shard/settings.h"
#include "support/sim_socket.h"

namespace switchboard::simulation {

struct Config {
  static Config draw(std::uint64_t seed);
  std::string describe() const;

  std::uint64_t seed = 0;
  std::uint32_t shards = 1;
  std::size_t ring_slots = 4;
  std::uint32_t clients = 4;  // at once
  std::uint32_t rooms = 2;
  std::uint32_t rounds = 100;            // of activity, between two rests
  std::uint32_t content_bytes = 40;      // at most
  std::uint32_t eagerness_percent = 40;  // how likely a client acts in a round
  std::uint32_t publish_percent = 60;    // of what it does
  std::uint32_t deflate_percent = 0;     // of the clients offer permessage-deflate
  bool all_are_well = false;             // nobody is slow or dies: nobody may be closed
  bool ends_in_drain = false;            // the server sends everybody away, or else they go by themselves
  std::uint64_t look_ns_max = 2'000;
  std::uint32_t round_us_max = 5'000;
  test::SimSocketSettings socket;
  shard::ShardSettings shard;

  bool disconnects_the_slow() const {
    return shard.rooms.defaults().slow_client == room::SlowClientPolicy::kDisconnect;
  }
};

}  // namespace switchboard::simulation
