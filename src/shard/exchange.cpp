#include "shard/exchange.h"

namespace switchboard::shard {

Exchange::Exchange(std::uint32_t shards, std::size_t ring_slots) : shards_(shards) {
  for (std::uint32_t from = 0; from < shards; ++from) {
    sleepers_.push_back(std::make_unique<Sleeper>());
    // A shard talks to itself by plain calls: that lane is never used, and costs two slots.
    for (std::uint32_t to = 0; to < shards; ++to)
      lanes_.push_back(std::make_unique<Lane>(from == to ? 2 : ring_slots));
  }
}

}  // namespace switchboard::shard
