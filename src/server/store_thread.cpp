#include "server/store_thread.h"

#include <memory>
#include <pthread.h>
#include <sys/resource.h>

#include "net/thread_times.h"

namespace switchboard::server {
namespace {

// A quarter of a processor is left to the store when shards want all of it: enough that a message still waits for the
// disk rather than for the processor. At 10, a tenth, whoever publishes into a quiet room beside a flooded one waits
// more than twice as long (docs/decisions/0025).
constexpr int kStepsBack = 5;

}  // namespace

std::function<Duration()> begin_store_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
  // On Linux 0 is the calling thread alone. It may always be less favoured, at most as far as the kernel goes.
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kStepsBack);
  return [thread = std::make_shared<net::ThreadTimes>()] {
    const auto times = thread->read().value_or(net::ThreadTimes::Times{});
    return times.ran + times.waited;
  };
}

}  // namespace switchboard::server
