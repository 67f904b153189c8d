#include "server/heap_trimmer.h"

#include <algorithm>
#include <malloc.h>

namespace switchboard::server {

bool HeapTrimmer::is_due(std::uint64_t connections, Instant now) {
  most_ = std::max(most_, connections);
  if (most_ < kConnectionsMin || connections > most_ / 2 || now < last_ + kPause) return false;
  most_ = connections;
  last_ = now;
  return true;
}

void HeapTrimmer::trim() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace switchboard::server
