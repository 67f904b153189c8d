#include "server/file_limit.h"

#include <algorithm>
#include <sys/resource.h>

namespace switchboard::server {
namespace {

// Standard streams, the lock, signals, the ops port with its connections, and clients taken only to be told "full".
constexpr std::uint64_t kFilesOfProcess = 160;
// A loop's epoll and eventfd, and its listeners.
constexpr std::uint64_t kFilesPerShard = 8;

}  // namespace

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

std::uint64_t connections_within(std::uint64_t file_limit, std::uint32_t shards) {
  const std::uint64_t own = kFilesOfProcess + kFilesPerShard * shards;
  return std::max<std::uint64_t>(file_limit > own ? file_limit - own : 0, 16);
}

}  // namespace switchboard::server
