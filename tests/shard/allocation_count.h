// Counts what this test program allocates with `new`.
#pragma once

#include <cstdint>

namespace switchboard::shard {

/// Calls of any operator new since the program began. One thread.
std::uint64_t allocations();

}  // namespace switchboard::shard
