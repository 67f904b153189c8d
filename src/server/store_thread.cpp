#include "server/store_thread.h"

#include <chrono>
#include <ctime>
#include <memory>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <thread>
#include <utility>

#include "base/time.h"
#include "net/thread_times.h"

namespace switchboard::server {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// A quarter of a processor is left to the store when shards want all of it: enough that a message still waits for the
// disk rather than for the processor (docs/decisions/0025).
constexpr int kStepsBack = 5;

// The scheduler looks at who runs only with its clock's ticks, up to 10 ms apart: whoever is not to keep a shard
// waiting for so long must sleep in between, be it for a moment.
constexpr Duration kRunMax = microseconds(150);
constexpr Duration kPause = microseconds(50);
// Waiting for a processor says that somebody else is on it. It is believed for a while.
constexpr Duration kWaitedMin = microseconds(20);
constexpr Duration kSharedFor = milliseconds(100);

/// What the calling thread has run so far. (What the scheduler tells of it is as old as its last tick.)
Duration own_processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// Gives way where the processor is shared; elsewhere it costs next to nothing.
class Courtesy {
 public:
  explicit Courtesy(std::shared_ptr<const net::ThreadTimes> thread) : thread_(std::move(thread)) {}

  void operator()() {
    const Instant now = clock_.now();
    if (now - looked_ < kRunMax) return;
    const Duration ran = own_processor_time();
    const Duration away = (now - looked_) - (ran - ran_when_looked_);
    looked_ = now;
    ran_when_looked_ = ran;
    if (away >= kPause) ran_at_pause_ = ran;  // that was one
    if (ran - ran_at_pause_ < kRunMax) return;
    ran_at_pause_ = ran;
    if (is_shared(now)) std::this_thread::sleep_for(kPause);
  }

 private:
  bool is_shared(Instant now) {
    const Duration waited = thread_->read().value_or(net::ThreadTimes::Times{}).waited;
    if (waited - waited_ >= kWaitedMin) shared_until_ = now + kSharedFor;
    waited_ = waited;
    return now < shared_until_;
  }

  SystemClock clock_;
  std::shared_ptr<const net::ThreadTimes> thread_;
  Instant looked_{};
  Duration ran_when_looked_{};
  Duration ran_at_pause_{};
  Duration waited_{};
  Instant shared_until_{};
};

}  // namespace

broker::WorkerThread begin_store_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
  // On Linux 0 is the calling thread alone. It may always be less favoured, at most as far as the kernel goes.
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kStepsBack);
  prctl(PR_SET_TIMERSLACK, 1);  // or a pause would be twice as long
  const auto thread = std::make_shared<const net::ThreadTimes>();
  return {.active =
              [thread] {
                const auto times = thread->read().value_or(net::ThreadTimes::Times{});
                return times.ran + times.waited;
              },
          .give_way = Courtesy(thread)};
}

}  // namespace switchboard::server
