#include "cli/bench/flood/run.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "base/assert.h"
#include "cli/bench/flood/burst_flood.h"
#include "cli/bench/flood/key_update_flood.h"
#include "cli/bench/flood/large_room_flood.h"
#include "cli/bench/flood/plan.h"
#include "cli/bench/own_process.h"
#include "cli/bench/process_usage.h"
#include "cli/bench/progress.h"
#include "cli/bench/text_parts.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::int64_t kTickNs = 20'000'000;
constexpr std::int64_t kSampleNs = 200'000'000;  // between looks at the server's memory
constexpr double kIdleWarmupS = 0.5;

std::unique_ptr<Flood> make_flood(const LoadOptions& options, const Endpoint& endpoint,
                                  std::vector<std::uint32_t> sources) {
  switch (*options.flood) {
    case FloodKind::kBroadcasts:
    case FloodKind::kDeflated:
    case FloodKind::kHistory:
      return std::make_unique<BurstFlood>(*options.flood, options.connections, endpoint, std::move(sources));
    case FloodKind::kKeyUpdates:
      return std::make_unique<KeyUpdateFlood>(options.connections, endpoint, std::move(sources));
    case FloodKind::kLargeRoom:
      return std::make_unique<LargeRoomFlood>(options, endpoint, std::move(sources));
  }
  SB_ASSERT(false && "a flood outside of the list");
}

class FloodRun {
 public:
  FloodRun(const LoadOptions& options, const Endpoint& endpoint, std::vector<std::uint32_t> sources)
      : options_(options), endpoint_(endpoint), flood_(make_flood(options, endpoint, std::move(sources))) {
    result_.options = options;
  }

  std::expected<FloodResult, std::string> execute() {
    if (!options_.pids.empty()) {
      const auto usage = process_usage(options_.pids);
      if (!usage) return std::unexpected("--pid: no such process");
      result_.server = FloodedServer{.rss_before_bytes = usage->rss_bytes, .rss_max_bytes = usage->rss_bytes};
    }
    if (auto measured = measure_idle(); !measured) return std::unexpected(measured.error());
    if (auto measured = measure_flooded(); !measured) return std::unexpected(measured.error());
    return std::move(result_);
  }

 private:
  std::int64_t now_ns() const { return clock_.now().time_since_epoch().count(); }

  std::expected<void, std::string> measure_idle() {
    Bystanders bystanders(options_.bystander_pairs, options_.bystander_rate, endpoint_);
    if (auto joined = bystanders.join(progress_); !joined) return joined;
    progress_.show("measuring the idle server", now_ns());
    // On a thread as the other one's, so that both are measured alike.
    std::jthread([&] { result_.idle = bystanders.measure(kIdleWarmupS, options_.time_s, options_.drain_s); }).join();
    bystanders.leave();
    return {};
  }

  std::expected<void, std::string> measure_flooded() {
    Bystanders bystanders(options_.bystander_pairs, options_.bystander_rate, endpoint_);
    if (auto joined = bystanders.join(progress_); !joined) return joined;
    if (auto begun = flood_->begin(progress_); !begun) return begun;

    std::atomic<bool> is_measured = false;
    std::jthread thread([&] {
      result_.flooded = bystanders.measure(options_.warmup_s, options_.time_s, options_.drain_s);
      is_measured.store(true);
    });
    make_way();  // after the thread has begun: it would inherit it
    pour(is_measured);
    thread.join();
    bystanders.leave();
    flood_->end();
    progress_.clear();
    return {};
  }

  /// The flood, until the bystanders have been measured, what they still wait for at the end included.
  void pour(const std::atomic<bool>& is_measured) {
    const std::uint64_t own_cpu_us = own_thread_cpu_us();
    const std::uint64_t server_cpu_us = server_usage().cpu_us;
    const std::int64_t begin_ns = now_ns();
    std::int64_t sample_ns = begin_ns;
    while (!is_measured.load()) {
      const std::int64_t now = now_ns();
      flood_->turn(now + kTickNs);
      if (now >= sample_ns) {
        sample_ns = now + kSampleNs;
        if (result_.server) {
          result_.server->rss_max_bytes = std::max(result_.server->rss_max_bytes, server_usage().rss_bytes);
        }
      }
      if (progress_.is_due(now)) {
        progress_.show("flooding: " + grouped(flood_->counts().messages) + " messages sent", now);
      }
    }
    result_.flood = flood_->counts();
    result_.flood_s = static_cast<double>(now_ns() - begin_ns) / 1e9;
    result_.flood_cpu_share = static_cast<double>(own_thread_cpu_us() - own_cpu_us) / 1e6 / result_.flood_s;
    if (result_.server) {
      result_.server->cpu_share = static_cast<double>(server_usage().cpu_us - server_cpu_us) / 1e6 / result_.flood_s;
    }
  }

  ProcessUsage server_usage() const {
    return options_.pids.empty() ? ProcessUsage{} : process_usage(options_.pids).value_or(ProcessUsage{});
  }

  const LoadOptions& options_;
  const Endpoint& endpoint_;
  SystemClock clock_;
  std::unique_ptr<Flood> flood_;
  Progress progress_;
  FloodResult result_;
};

}  // namespace

std::expected<FloodResult, std::string> run_flood(const LoadOptions& options) {
  SB_ASSERT(options.flood.has_value());
  const auto endpoint = Endpoint::parse(options.url);
  if (!endpoint) return std::unexpected(endpoint.error());
  auto sources = source_addresses(options);
  if (!sources) return std::unexpected(sources.error());
  if (auto prepared = prepare_process(options.pin_cpu, options.connections_total() + 2 * options.bystander_pairs);
      !prepared) {
    return std::unexpected(prepared.error());
  }
  return FloodRun(options, *endpoint, std::move(*sources)).execute();
}

}  // namespace switchboard::cli::bench
