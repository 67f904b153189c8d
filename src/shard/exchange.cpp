#include "shard/exchange.h"

#include <algorithm>
#include <bit>

namespace switchboard::shard {

std::size_t Exchange::ring_bytes(std::uint32_t shards, std::size_t ring_slots) {
  return std::size_t{shards} * (shards - 1) * ring_slots * (sizeof(Request) + sizeof(Result));
}

std::size_t Exchange::ring_slots_for(std::uint32_t shards) {
  const std::size_t bytes_a_slot = std::max<std::size_t>(ring_bytes(shards, 1), 1);
  return std::clamp(std::bit_floor(kRingBytesMax / bytes_a_slot), kRingSlotsMin, kRingSlotsMax);
}

Exchange::Exchange(std::uint32_t shards, std::size_t ring_slots) : shards_(shards) {
  for (std::uint32_t from = 0; from < shards; ++from) {
    sleepers_.push_back(std::make_unique<Sleeper>());
    // A shard talks to itself by plain calls: that lane is never used, and costs two slots.
    for (std::uint32_t to = 0; to < shards; ++to)
      lanes_.push_back(std::make_unique<Lane>(from == to ? 2 : ring_slots));
  }
}

}  // namespace switchboard::shard
