// One seed's world: how many shards, clients and rooms, and how small every limit is.
#pragma once

#include <cstdint>
#include <string>

#include "shard/settings.h"
#include "simulation/simulated_store.h"
#include "support/sim_socket.h"

namespace switchboard::simulation {

/// Where rooms' messages are kept.
enum class History : std::uint8_t { kNone, kMemory, kStore };

struct Config {
  static constexpr std::uint32_t kKeptForever = 1'000'000;  // messages of a room
  static Config draw(std::uint64_t seed);
  /// The same, with limits from 1 up: refusals are the rule, and clients are sent away for too many of them.
  static Config draw_with_small_limits(std::uint64_t seed);
  /// The same, but that nothing is kept and nobody comes back for it.
  static Config draw_without_history(std::uint64_t seed);
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
  History history = History::kNone;
  StoreMoods store;
  std::uint32_t dedup_window_ms = 600'000;
  std::uint32_t persons = 0;          // who come back; 0: nobody does
  std::uint32_t crashes = 0;          // of the whole process, in all of a world's life
  std::uint32_t replacements = 0;     // of the store by an empty one under a living server; then everybody speaks v1
  std::uint32_t machine_percent = 0;  // of them, those that take the machine along
  std::uint64_t look_ns_max = 2'000;
  std::uint32_t round_us_max = 5'000;
  test::SimSocketSettings socket;
  shard::ShardSettings shard;

  /// How many commands of one connection may be refused until it is closed; so many that nobody is, if no limit is
  /// small.
  static constexpr std::uint32_t kErrorsForgiven = 10'000;
  bool sends_away() const { return shard.session.errors_max < kErrorsForgiven; }
  bool keeps_history() const { return history != History::kNone; }
  /// Some requests to the store fail, or take longer than publishers wait.
  bool store_fails() const { return history == History::kStore && store.fails(); }
  /// Old messages may be gone before somebody asks for them.
  bool trims() const { return replacements > 0 || shard.rooms.defaults().retention.messages < kKeptForever; }
  /// Everything is there for whoever is behind, and can be read.
  bool never_skips() const { return keeps_history() && !trims() && !store_fails(); }
  /// Rooms of either durability.
  std::string room_name(std::uint64_t number) const {
    return (history == History::kStore && number % 2 == 1 ? "power:" : "room") + std::to_string(number);
  }
  bool disconnects_the_slow() const {
    return shard.rooms.defaults().slow_client == room::SlowClientPolicy::kDisconnect;
  }
};

}  // namespace switchboard::simulation
