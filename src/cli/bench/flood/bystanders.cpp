#include "cli/bench/flood/bystanders.h"

#include <algorithm>
#include <utility>

#include "cli/bench/own_process.h"
#include "cli/bench/schedule.h"
#include "net/thread_times.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::int64_t kTickNs = 100'000'000;

std::int64_t nanoseconds(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

LoadOptions small_rooms(std::uint32_t pairs, double rate) {
  LoadOptions options;
  options.connections = 2 * pairs;
  options.rooms = options.publishers = pairs;
  options.rate = rate * pairs;
  return options;
}

/// Stands still while the thread that made it is ready and has no CPU: what the client costs itself is not the server's
/// delay. Only for that thread.
class RunningClock final : public Clock {
 public:
  Instant now() const override { return system_.now() - Duration(waited_ns()); }
  UnixMillis unix_ms() const override { return system_.unix_ms(); }
  /// How long it stood still; 0 where the kernel does not tell.
  std::int64_t waited_ns() const { return thread_.read().value_or(net::ThreadTimes::Times{}).waited.count(); }

 private:
  SystemClock system_;
  net::ThreadTimes thread_;
};

}  // namespace

Bystanders::Bystanders(std::uint32_t pairs, double rate, const Endpoint& endpoint)
    : options_(small_rooms(pairs, rate)), crowd_(options_, endpoint, {}) {}

BystanderResult Bystanders::measure(double warmup_s, double time_s, double drain_s) {
  BystanderResult result;
  const RunningClock running;
  crowd_.use_clock(running);
  const std::int64_t begin_ns = crowd_.now_ns();
  const std::int64_t measure_ns = begin_ns + nanoseconds(warmup_s);
  const std::int64_t end_ns = measure_ns + nanoseconds(time_s);
  Schedule schedule(begin_ns, end_ns, options_.rate);
  std::int64_t waited_ns = running.waited_ns();
  std::uint64_t cpu_us = 0;
  bool is_measuring = false;

  for (std::int64_t now = begin_ns; now < end_ns; now = crowd_.now_ns()) {
    if (!is_measuring && now >= measure_ns) {
      is_measuring = true;
      cpu_us = own_thread_cpu_us();
    }
    for (; schedule.next_ns() <= now; schedule.advance()) {
      crowd_.publish(static_cast<std::uint32_t>(schedule.index() % options_.publishers), schedule.next_ns(),
                     period_of(schedule.next_ns(), measure_ns));
    }
    crowd_.flush_publishers();
    crowd_.turn(std::min({schedule.next_ns(), end_ns, now + kTickNs}));
    const std::int64_t before_ns = std::exchange(waited_ns, running.waited_ns());
    if (is_measuring) result.own_wait.record(waited_ns - before_ns);
  }
  result.cpu_share = static_cast<double>(own_thread_cpu_us() - cpu_us) / 1e6 / time_s;

  const std::int64_t drained_ns = end_ns + nanoseconds(drain_s);
  for (std::int64_t now = end_ns; now < drained_ns && !crowd_.ledger().is_complete(); now = crowd_.now_ns())
    crowd_.turn(std::min(drained_ns, now + kTickNs));

  crowd_.use_clock(system_);
  const Tally& tally = crowd_.ledger().tally();
  result.round_trip = crowd_.ledger().latency(Cohort::kMembers);
  result.expected = tally.expected;
  result.delivered = tally.delivered;
  for (const auto& [code, connections] : crowd_.closed())
    result.closed += connections;
  return result;
}

}  // namespace switchboard::cli::bench
