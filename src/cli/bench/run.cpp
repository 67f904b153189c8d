#include "cli/bench/run.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "cli/bench/crowd.h"
#include "cli/bench/own_process.h"
#include "cli/bench/process_usage.h"
#include "cli/bench/progress.h"
#include "cli/bench/schedule.h"
#include "cli/bench/text_parts.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::int64_t kTickNs = 100'000'000;                // between looks at the clock when nothing happens
constexpr std::int64_t kSilenceEndsDrainNs = 2'000'000'000;  // nothing has come for this long: nothing will

std::int64_t nanoseconds(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

/// What is read off at the two ends of the measured time.
struct Reading {
  std::uint64_t deliveries = 0;
  std::uint64_t frame_bytes = 0;
  std::uint64_t deflated = 0;
  std::uint64_t client_cpu_us = 0;
  std::int64_t at_ns = 0;
  ProcessUsage server;
};

class LoadRun {
 public:
  LoadRun(const LoadOptions& options, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s)
      : options_(options), crowd_(options, endpoint, std::move(source_ipv4s)) {
    result_.options = options;
  }

  std::expected<Result, std::string> execute() {
    if (auto joined = join(); !joined) return std::unexpected(joined.error());
    if (options_.hold) {
      hold();
    } else {
      load();
      drain();
    }
    const Reading end = read_off();
    conclude(end);
    crowd_.leave();
    return std::move(result_);
  }

 private:
  ProcessUsage server_usage() const {
    return options_.pids.empty() ? ProcessUsage{} : process_usage(options_.pids).value_or(ProcessUsage{});
  }

  Reading read_off() const {
    return {.deliveries = crowd_.ledger().tally().delivered,
            .frame_bytes = crowd_.frame_bytes(),
            .deflated = crowd_.deflated(),
            .client_cpu_us = own_cpu_us(),
            .at_ns = crowd_.now_ns(),
            .server = server_usage()};
  }

  std::expected<void, std::string> join() {
    if (!options_.pids.empty() && !process_usage(options_.pids)) return std::unexpected("--pid: no such process");
    const Reading before = read_off();
    if (auto joined = crowd_.join_everybody(progress_); !joined) return joined;
    const Reading after = read_off();
    result_.joined = crowd_.joined();
    result_.join_s = static_cast<double>(after.at_ns - before.at_ns) / 1e9;
    if (!options_.pids.empty()) {
      result_.server = ServerUsage{};
      result_.server->join_cpu_us = static_cast<double>(after.server.cpu_us - before.server.cpu_us) / result_.joined;
      result_.server->rss_before_bytes = before.server.rss_bytes;
      result_.server->rss_joined_bytes = after.server.rss_bytes;
    }
    start_ = after;
    return {};
  }

  void hold() {
    progress_.clear();
    // Standard output is the report's alone when a program reads it.
    std::FILE* stream = options_.json_path == "-" ? stderr : stdout;
    std::fprintf(stream, "joined %u\n", crowd_.joined());
    std::fflush(stream);
    start_ = read_off();
    const std::int64_t end_ns = crowd_.now_ns() + nanoseconds(options_.time_s);
    while (crowd_.now_ns() < end_ns)
      crowd_.turn(std::min(end_ns, crowd_.now_ns() + kTickNs));
  }

  void load() {
    const std::int64_t begin_ns = crowd_.now_ns() + kTickNs / 10;
    const std::int64_t measure_ns = begin_ns + nanoseconds(options_.warmup_s);
    const std::int64_t end_ns = measure_ns + nanoseconds(options_.time_s);
    Schedule members(begin_ns, options_.window > 0 || options_.publishers == 0 ? begin_ns : end_ns, options_.rate);
    const auto pairs = static_cast<std::uint32_t>(crowd_.population().bystander_publishers().size());
    Schedule bystanders(begin_ns, pairs > 0 ? end_ns : begin_ns, options_.bystander_rate * std::max(pairs, 1U));
    bool is_measuring = false;
    if (options_.window > 0) crowd_.set_window(options_.window, Period::kWarmUp);

    for (std::int64_t now = crowd_.now_ns(); now < end_ns; now = crowd_.now_ns()) {
      if (!is_measuring && now >= measure_ns) {
        is_measuring = true;
        start_ = read_off();
        if (options_.window > 0) crowd_.set_window(options_.window, Period::kMeasured);
      }
      for (; members.next_ns() <= now; members.advance()) {
        crowd_.publish(static_cast<std::uint32_t>(members.index() % options_.publishers), members.next_ns(),
                       period_of(members.next_ns(), measure_ns));
      }
      for (; bystanders.next_ns() <= now; bystanders.advance()) {
        crowd_.publish(crowd_.population().bystander_publishers()[bystanders.index() % pairs], bystanders.next_ns(),
                       period_of(bystanders.next_ns(), measure_ns));
      }
      crowd_.flush_publishers();
      crowd_.turn(
          std::min({members.next_ns(), bystanders.next_ns(), is_measuring ? end_ns : measure_ns, now + kTickNs}));
      show_progress(now, is_measuring ? "measuring" : "warming up");
    }
    crowd_.set_window(0, Period::kMeasured);
  }

  void drain() {
    const std::int64_t begin_ns = crowd_.now_ns();
    const std::int64_t end_ns = begin_ns + nanoseconds(options_.drain_s);
    for (std::int64_t now = begin_ns; now < end_ns && !crowd_.ledger().is_complete(); now = crowd_.now_ns()) {
      crowd_.flush_publishers();
      crowd_.turn(std::min(end_ns, now + kTickNs));
      if (now - std::max(crowd_.last_delivery_ns(), begin_ns) > kSilenceEndsDrainNs) break;
      show_progress(now, "draining");
    }
  }

  void conclude(const Reading& end) {
    const Ledger& ledger = crowd_.ledger();
    result_.tally = ledger.tally();
    result_.latency = ledger.latency(Cohort::kMembers);
    result_.bystanders = ledger.latency(Cohort::kBystanders);
    result_.last_member = ledger.last_member();
    result_.closed = crowd_.closed();
    result_.first_stranger = crowd_.first_stranger();
    result_.deliveries_measured = end.deliveries - start_.deliveries;
    result_.frame_bytes_measured = end.frame_bytes - start_.frame_bytes;
    result_.deflated_measured = end.deflated - start_.deflated;
    // The time that the load was offered, or longer when the server needed longer.
    const auto offered_s = options_.time_s;
    result_.measured_s = std::max(offered_s, static_cast<double>(crowd_.last_delivery_ns() - start_.at_ns) / 1e9);
    result_.client_cpu_share = static_cast<double>(end.client_cpu_us - start_.client_cpu_us) / 1e6 / result_.measured_s;
    if (result_.server) {
      result_.server->cpu_us = static_cast<double>(end.server.cpu_us - start_.server.cpu_us);
      result_.server->user_cpu_us = static_cast<double>(end.server.user_cpu_us - start_.server.user_cpu_us);
      result_.server->rss_after_bytes = end.server.rss_bytes;
      result_.server->rss_anonymous_after_bytes = end.server.rss_anonymous_bytes;
    }
  }

  void show_progress(std::int64_t now, const char* phase) {
    if (!progress_.is_due(now)) return;
    const Tally& tally = crowd_.ledger().tally();
    progress_.show(std::string(phase) + ": " + grouped(tally.published) + " published, " + grouped(tally.delivered) +
                       " delivered, " + grouped(tally.lost()) + " under way",
                   now);
  }

  const LoadOptions& options_;
  Crowd crowd_;
  Progress progress_;
  Reading start_;
  Result result_;
};

}  // namespace

std::expected<Result, std::string> run_load(const LoadOptions& options) {
  const auto endpoint = Endpoint::parse(options.url);
  if (!endpoint) return std::unexpected(endpoint.error());
  auto sources = source_addresses(options);
  if (!sources) return std::unexpected(sources.error());
  if (auto prepared = prepare_process(options.pin_cpu, options.connections_total()); !prepared)
    return std::unexpected(prepared.error());
  return LoadRun(options, *endpoint, std::move(*sources)).execute();
}

}  // namespace switchboard::cli::bench
