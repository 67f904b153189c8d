#include "server/server.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "server/admission.h"
#include "server/config_reload.h"
#include "server/connection_log.h"
#include "server/data_directory.h"
#include "server/file_limit.h"
#include "server/heap_trimmer.h"
#include "server/ops_port.h"
#include "server/shard_group.h"
#include "server/signals.h"

namespace switchboard::server {
namespace {

constexpr std::uint64_t kSignalToken = 1;
constexpr Duration kTick = std::chrono::milliseconds(100);  // how often the drain looks whether everybody has gone

Duration ms(std::uint32_t value) {
  return std::chrono::milliseconds(value);
}

/// The running server, from bound sockets to the last connection. The main thread's.
class Process {
 public:
  Process(Config config, const ConfigSources* sources, Log& log, const Clock& clock)
      : config_(std::move(config)), sources_(sources), log_(log), clock_(clock), observer_(log, admission_) {}

  /// The steps of a start; the first that fails says why and ends it.
  bool start() {
    config_.shards = shard_count(config_.shards);
    apply_file_limit();
    return open_data_directory() && probe_addresses() && open_shards() && open_ops();
  }

  int run() {
    loop_.add_source(signals_.fd(), kSignalToken);
    shards_->start();
    announce();
    while (!is_over()) {
      for (const net::Readiness& readiness : loop_.wait(draining_until_ ? kTick : std::chrono::milliseconds(500))) {
        if (readiness.token == kSignalToken) {
          if (!take_signals()) return 1;
        } else if (ops_) {
          ops_->on_ready(readiness);
        }
      }
      if (ops_) ops_->on_tick();
      if (heap_.is_due(shards_->connections(), clock_.now())) HeapTrimmer::trim();
    }
    shards_->stop();
    log_.info("stopped", {});
    return 0;
  }

 private:
  static std::uint32_t shard_count(std::uint32_t wanted) {
    return wanted > 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 1U, kShardsMax);
  }

  void apply_file_limit() {
    const std::uint64_t files = raise_file_limit();
    const std::uint64_t fit = connections_within(files, config_.shards);
    const std::uint64_t wanted = config_.connections_max;
    capacity_ = wanted == 0 ? fit : std::min(wanted, fit);
    admission_.set_limits({.connections_max = capacity_,
                           .per_address_max = config_.connections_per_address_max,
                           .has_address_rates = config_.shard.session.rate.has_address_limits()});
    log_.info("capacity", {{"connections", static_cast<std::int64_t>(capacity_)},
                           {"open_files", static_cast<std::int64_t>(files)}});
    if (wanted > fit) {
      log_.warn(
          "limits.connections_max is more than the limit of open files allows; raise it (ulimit -n, LimitNOFILE=)",
          {{"wanted", static_cast<std::int64_t>(wanted)}});
    }
  }

  bool open_data_directory() {
    if (config_.data.empty()) return true;
    auto opened = DataDirectory::open(config_.data);
    if (!opened) return fail(opened.error());
    data_ = std::make_unique<DataDirectory>(std::move(*opened));
    return true;
  }

  bool probe_addresses() {
    for (const std::string& text : config_.listen) {
      const auto address = net::ListenAddress::parse(text);
      if (!address) return fail(address.error());
      const auto bound = net::probe_bind(*address);
      if (!bound) return fail(bound.error());
      addresses_.push_back(*bound);
    }
    return true;
  }

  bool open_shards() {
    auto group = ShardGroup::open(config_, addresses_, clock_, observer_, admission_);
    if (!group) return fail(group.error());
    shards_ = std::move(*group);
    return true;
  }

  bool open_ops() {
    if (!config_.ops_enabled()) return true;
    const auto address = net::ListenAddress::parse(config_.ops);
    if (!address) return fail(address.error());
    auto opened = OpsPort::open(*address, loop_, *shards_, log_, clock_);
    if (!opened) return fail(opened.error());
    ops_ = std::move(*opened);
    return true;
  }

  /// One line with the word that scripts wait for, and what an operator should know.
  void announce() {
    std::string listening;
    for (const auto& address : addresses_)
      listening += (listening.empty() ? "ws://" : " ws://") + shown(address);
    log_.announce("listening",
                  {{"on", listening},
                   {"ops", ops_ ? "http://" + shown(ops_->address()) : std::string("off")},
                   {"shards", static_cast<std::int64_t>(config_.shards)},
                   {"demo", config_.shard.demo ? "http://" + shown(addresses_.front()) + "/" : std::string("off")}});
    const bool is_public = std::ranges::any_of(addresses_, [](const auto& address) { return !address.is_loopback(); });
    const auto& origins = config_.shard.session.origins_allowed;
    if (is_public && std::ranges::find(origins, "*") != origins.end()) {
      log_.warn("pages of any origin may connect, on an address that others can reach; set limits.origins_allowed");
    }
    if (is_public && config_.connections_per_address_max == 0) {
      log_.info(
          "connections per address are not limited; behind a proxy leave it so, otherwise set "
          "limits.connections_per_address_max");
    }
    if (ops_ && !ops_->address().is_loopback())
      log_.warn("the ops port is reachable by others and asks for no password");
  }

  static std::string shown(const net::ListenAddress& address) {
    return address.host.empty() ? "localhost:" + std::to_string(address.port) : address.to_string();
  }

  /// False when the process must end at once.
  bool take_signals() {
    while (const auto signal = signals_.take()) {
      if (*signal == Signal::kReload) {
        reload();
      } else if (draining_until_) {
        log_.warn("stopped at once by a second signal",
                  {{"connections", static_cast<std::int64_t>(shards_->connections())}});
        shards_->stop();
        return false;
      } else {
        drain();
      }
    }
    return true;
  }

  void drain() {
    const auto& session = config_.shard.session;
    draining_until_ = clock_.now() + ms(config_.drain_ms) + ms(session.close_timeout_ms) + kTick * 5;
    if (ops_) ops_->set_ready(false);
    log_.info("draining", {{"connections", static_cast<std::int64_t>(shards_->connections())},
                           {"over_ms", static_cast<std::int64_t>(config_.drain_ms)}});
    drained_at_least_until_ = clock_.now() + kTick * 2;  // the shards have taken the request by then
    shards_->drain(ms(config_.drain_ms));
  }

  bool is_over() {
    if (!draining_until_) return false;
    const Instant now = clock_.now();
    return now >= *draining_until_ || (shards_->connections() == 0 && now >= drained_at_least_until_);
  }

  void reload() {
    if (sources_ == nullptr) return log_.warn("there is no configuration to read again");
    auto wanted = load_config(*sources_);
    if (!wanted) {
      for (const ConfigProblem& problem : wanted.error())
        log_.error("configuration not reloaded", {{"problem", problem.text()}});
      return;
    }
    wanted->shards = shard_count(wanted->shards);  // as the running one's was
    const Config running = config_;
    for (const ReloadChange& change : diff_for_reload(config_, *wanted)) {
      log_.info(change.needs_restart ? "setting changed, needs a restart" : "setting changed",
                {{"key", change.key}, {"from", change.from}, {"to", change.to}});
    }
    const std::uint32_t shards = config_.shards;
    config_ = reloaded(running, *wanted);
    config_.shards = shards;
    log_.set(config_.log);
    apply_file_limit();
    shards_->reload(config_);
    log_.info("configuration reloaded", {});
  }

  bool fail(const std::string& why) {
    log_.error(why, {});
    return false;
  }

  Config config_;
  const ConfigSources* sources_;
  Log& log_;
  const Clock& clock_;
  Signals signals_;
  net::Loop loop_;
  Admission admission_{AdmissionLimits{}};
  ConnectionLog observer_;
  std::uint64_t capacity_ = 0;
  std::unique_ptr<DataDirectory> data_;
  std::vector<net::ListenAddress> addresses_;
  std::unique_ptr<ShardGroup> shards_;
  std::unique_ptr<OpsPort> ops_;
  HeapTrimmer heap_;
  std::optional<Instant> draining_until_;
  Instant drained_at_least_until_{};
};

}  // namespace

int run(Config config, const ConfigSources* sources, Log& log) {
  const SystemClock clock;
  try {
    Process process(std::move(config), sources, log, clock);
    if (!process.start()) return 1;
    return process.run();
  } catch (const std::exception& error) {
    log.error("cannot start", {{"reason", error.what()}});
    return 1;
  }
}

}  // namespace switchboard::server
