// Who has asked for something that is done outside of the shards: where its answer goes.
#pragma once

#include <cstdint>

#include "base/slot_table.h"

namespace switchboard::shard {

/// A connection to the API, and which of its requests it is.
struct ApiAsker {
  std::uint32_t shard = 0;
  SlotId client;
  std::uint64_t request = 0;
};

}  // namespace switchboard::shard
