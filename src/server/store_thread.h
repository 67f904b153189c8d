// What the store's threads are to the scheduler.
#pragma once

#include <functional>

#include "base/time.h"

namespace switchboard::server {

/// To be called first on each of them. It gets the name (at most 15 characters) that `top -H` shows, and stands back
/// behind the shards' threads where they share a processor. Returned is how long it has run or waited for a processor
/// since then, as far as the kernel tells; any thread may ask, also when this one has ended.
std::function<Duration()> begin_store_thread(const char* name);

}  // namespace switchboard::server
