// What happens when somebody cuts the file short that the store's connections share memory through (SQLite's "-shm"):
// the next access to what was cut off is SIGBUS, which ends the process. Here the page becomes an empty one instead,
// and the count says that what SQLite has in memory of the file is worthless.
#pragma once

#include <cstdint>

namespace switchboard::broker {

/// Sets the handler, once for the process. A SIGBUS for any other reason ends it as before.
void catch_lost_mappings();

/// How many pages were lost so far. Any thread. A global, because a signal handler can reach nothing else.
std::uint64_t lost_mappings();

}  // namespace switchboard::broker
