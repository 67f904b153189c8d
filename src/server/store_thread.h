// What the store's threads are to the scheduler.
#pragma once

#include "broker/sqlite/worker_thread.h"

namespace switchboard::server {

/// To be called first on each of them. It gets the name (at most 15 characters) that `top -H` shows, and stands back
/// behind the shards' threads where they share a processor.
broker::WorkerThread begin_store_thread(const char* name);

}  // namespace switchboard::server
