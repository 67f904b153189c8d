#include "server/server.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include "api/keys.h"
#include "broker/sqlite/sqlite_store.h"
#include "config/config_reload.h"
#include "listen/admission.h"
#include "listen/connection_log.h"
#include "listen/listener_report.h"
#include "listen/listening_sockets.h"
#include "listen/shard_group.h"
#include "ops/ops_port.h"
#include "server/auth_policy.h"
#include "server/back_ends.h"
#include "server/data_directory.h"
#include "server/file_limit.h"
#include "server/heap_trimmer.h"
#include "server/history_log.h"
#include "server/last_resort.h"
#include "server/processors.h"
#include "server/revocation_keeper.h"
#include "server/store_thread.h"

namespace switchboard::server {
namespace {

constexpr std::uint64_t kSignalToken = 1;
constexpr Duration kTick = std::chrono::milliseconds(20);  // how often the drain looks whether everybody has gone
// The shards have taken the request to drain by then.
constexpr Duration kDrainMin = std::chrono::milliseconds(200);
// What docs/OPERATIONS.md promises: drain_ms + close_timeout_ms + this. First the clients have it, then the shards and
// the store, and at its end the last resort its last words.
constexpr Duration kEndMargin = std::chrono::milliseconds(500);
constexpr Duration kClientsMargin = std::chrono::milliseconds(100);
constexpr Duration kLastWordsMax = std::chrono::milliseconds(50);

Duration ms(std::uint32_t value) {
  return std::chrono::milliseconds(value);
}

/// The running server, from bound sockets to the last connection. The main thread's.
class Process {
 public:
  Process(config::Config config, const config::ConfigSources* sources, log::Log& log, const Clock& clock)
      : config_(std::move(config)), sources_(sources), log_(log), clock_(clock), observer_(log, admission_) {}
  ~Process() { stop(); }  // of a start that failed

  /// The steps of a start; the first that fails says why and ends it.
  bool start() {
    config_.shards = shard_count(config_.shards);
    observer_.set_refusals_per_second(config_.log.refusals_per_second);
    say_if_limited();
    apply_file_limit();
    return open_data_directory() && read_keys() && open_sockets() && open_store() && open_back_ends() &&
           open_shards() && open_tls() && open_ops();
  }

  int run() {
    loop_.add_source(last_resort_.fd(), kSignalToken);
    last_resort_.allow(drain_time() + kEndMargin - kLastWordsMax);
    doing_ = Doing::kServing;
    serving_ = shards_.get();
    if (store_) store_->start(begin_store_thread);
    shards_->start();
    back_ends_.on_started();
    announce();
    while (!is_over()) {
      for (const net::Readiness& readiness : loop_.wait(draining_until_ ? kTick : std::chrono::milliseconds(500))) {
        if (readiness.token == kSignalToken) {
          take_signals();
        } else if (ops_) {
          ops_->on_ready(readiness);
        }
      }
      if (ops_) ops_->on_tick();
      revocations_->run();
      if (store_) store_->watch(clock_.now());
      if (heap_.is_due(shards_->connections(), clock_.now())) HeapTrimmer::trim();
    }
    stop();
    log_.info("stopped", {});
    log_.finish(std::min(log::Log::kEndMax, *last_resort_.deadline() - clock_.now()));
    return 0;
  }

 private:
  std::uint32_t shard_count(std::uint32_t wanted) const {
    return wanted > 0 ? wanted : std::min(processors_.usable(), config::kShardsMax);
  }

  void say_if_limited() {
    if (!processors_.is_limited()) return;
    log_.info("this process may not use every processor", {{"processors", processors_.online},
                                                           {"affinity", processors_.affinity},
                                                           {"quota", processors_.quota.value_or(0)},
                                                           {"shards", config_.shards}});
  }

  void apply_file_limit() {
    const std::uint64_t files = raise_file_limit();
    const std::uint64_t fit = connections_within(files, config_.shards);
    const std::uint64_t wanted = config_.connections_max;
    capacity_ = wanted == 0 ? fit : std::min(wanted, fit);
    admission_.set_limits({.connections_max = capacity_,
                           .per_address_max = config_.connections_per_address_max,
                           .has_address_rates = config_.shard.session.rate.has_address_limits(),
                           .address_messages = config_.shard.session.rate.address_messages,
                           .address_connects = config_.connects_per_address});
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

  bool read_keys() {
    auto made = make_policy(config_.auth, {clock_, log_});
    if (!made) return fail(made.error());
    use(std::move(*made), config_);
    return true;
  }

  void use(MadePolicy made, config::Config& config) {
    for (const std::string& warning : made.warnings)
      log_.warn(warning, {});
    if (made.issuers) made.verifier->use(std::move(*made.issuers));
    config.shard.session.auth = made.policy;
    keys_ = std::move(made);
  }

  bool open_sockets() {
    auto inherited = net::take_inherited_sockets(activation_variables());
    if (!inherited) return fail(inherited.error());
    const net::SocketOptions options{.notsent_lowat_bytes = config_.notsent_lowat_bytes,
                                     .send_buffer_bytes = config_.send_buffer_bytes,
                                     .accept_backlog = static_cast<int>(config_.accept_backlog)};
    auto opened = listen::ListeningSockets::open(config_.listeners, options, std::move(*inherited));
    if (!opened) return fail(opened.error());
    sockets_ = std::move(*opened);
    return true;
  }

  static net::ActivationVariables activation_variables() {
    const auto variable = [](const char* name) -> std::optional<std::string> {
      const char* value = std::getenv(name);
      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    return {.listen_pid = variable("LISTEN_PID"),
            .listen_fds = variable("LISTEN_FDS"),
            .listen_fdnames = variable("LISTEN_FDNAMES")};
  }

  bool open_store() {
    const bool has_rooms = config_.shard.session.service == session::Service::kRooms;
    if (has_rooms && config_.history.backend == config::HistoryBackend::kMemory)
      log_.info("history is kept in memory only");
    if (!config_.has_store()) return true;
    broker::SqliteSettings settings = config_.history.sqlite;
    settings.file = std::filesystem::path(data_->path()) / settings.file;
    const auto wake = [this](std::uint32_t shard) { shards_->wake(shard); };
    const auto may_open = [this] { return data_->hold(); };
    auto opened = broker::SqliteStore::open(settings, config_.shards, wake, clock_, may_open);
    if (!opened) return fail(opened.error());
    store_ = std::move(*opened);
    history_log_ = std::make_unique<HistoryLog>(log_, settings.file, store_->status());
    return true;
  }

  bool open_back_ends() {
    const auto opened = back_ends_.open(config_, data_ ? data_->path() : "");
    return opened || fail(opened.error());
  }

  bool open_shards() {
    const std::string file = data_ ? data_->path() + "/revocations.jsonl" : "";
    auto revocations = RevocationFile::open(file, clock_.unix_ms());
    if (!revocations) return fail(revocations.error());
    revocations_ = std::make_unique<RevocationKeeper>(
        std::move(*revocations), [this] { loop_.wake(); }, clock_, log_, back_ends_.told());
    auto group = listen::ShardGroup::open(config_, sockets_, clock_, observer_, admission_,
                                          {.store = store_.get(),
                                           .revoker = revocations_.get(),
                                           .events = &back_ends_.told(),
                                           .hooks = &back_ends_.asked(),
                                           .webhooks = &back_ends_.webhooks()});
    if (!group) return fail(group.error());
    shards_ = std::move(*group);
    revocations_->begin(*shards_);
    back_ends_.begin(*shards_);
    return true;
  }

  bool open_tls() {
    const auto contexts = tls_.make(config_);
    if (!contexts) return fail(contexts.error());
    warn_of(*contexts);
    shards_->use_tls(*contexts, config_.tls.handshakes_max);
    return true;
  }

  void warn_of(const listen::TlsContexts& contexts) {
    if (contexts.empty()) return;
    for (const std::string& warning : contexts.front()->warnings())
      log_.warn(warning, {});
  }

  bool open_ops() {
    if (!config_.ops_enabled()) return true;
    const auto address = net::ListenAddress::parse(config_.ops);
    if (!address) return fail(address.error());
    auto opened = ops::OpsPort::open(*address, loop_, *shards_, store_ ? &store_->status() : nullptr, log_, clock_);
    if (!opened) return fail(opened.error());
    ops_ = std::move(*opened);
    ops_->set_hosts(config_.ops_hosts);
    ops_->set_key_sets([this]() -> std::vector<fetch::NamedKeySetStatus> {
      if (!keys_.verifier) return {};
      return keys_.verifier->statuses();
    });
    ops_->set_webhooks([this] { return back_ends_.status(); });
    return true;
  }

  /// One line with the word that scripts wait for, and what an operator should know.
  void announce() {
    std::string listening, every_address, api;
    const auto add = [](std::string& list, const std::string& item) { list += (list.empty() ? "" : " ") + item; };
    for (const listen::ListeningPlace& place : sockets_.places()) {
      add(place.serves == config::Serves::kApi ? api : listening, place.shown);
      if (!place.every_address.empty()) add(every_address, place.every_address);
    }
    log_.announce("listening", {{"on", listening},
                                {"every_address", every_address.empty() ? std::string("none") : every_address},
                                {"auth", config_.auth.is_on() ? "tokens" : "off"},
                                {"api", api.empty() ? std::string("off") : api},
                                {"ops", ops_ ? "http://" + shown(ops_->address()) : std::string("off")},
                                {"shards", static_cast<std::int64_t>(config_.shards)},
                                {"demo", listen::demo_url(config_.listeners, sockets_.places())}});
    for (const listen::ListenerWarning& warning : listen::warnings_of(config_.listeners, sockets_))
      log_.warn(warning.text, {{"listener", warning.listener}});
    const bool is_public = std::ranges::any_of(sockets_.places(), &listen::ListeningPlace::is_public);
    if (is_public && config_.connections_per_address_max == 0) {
      log_.info(
          "connections per address are not limited; behind a proxy leave it so, otherwise set "
          "limits.connections_per_address_max");
    }
    if (::geteuid() == 0) {
      log_.warn("running as root: whoever finds a fault in the server has the machine; start it as a user of its own");
    }
    if (const auto keys = api::Keys::parse(config_.api.keys); keys && keys->has_short()) {
      log_.warn("a key of the API is shorter than 32 bytes: somebody may guess it");
    }
    if (ops_ && !ops_->address().is_loopback())
      log_.warn("the ops port is reachable by others and asks for no password");
  }

  static std::string shown(const net::ListenAddress& address) {
    return address.host.empty() ? "localhost:" + std::to_string(address.port) : address.to_string();
  }

  void take_signals() {
    while (const auto signal = last_resort_.take())
      *signal == Signal::kReload ? reload() : drain();
  }

  void reload() {
    const Doing before = doing_.exchange(Doing::kReloading);
    read_configuration_again();
    doing_ = before;
  }

  /// How long clients may take: those that never answer a Close frame are closed at its end.
  Duration drain_time() const { return ms(config_.drain_ms) + ms(config_.shard.session.close_timeout_ms); }

  void drain() {
    const Instant now = clock_.now();
    doing_ = Doing::kDraining;
    draining_until_ = *last_resort_.deadline() - (kEndMargin - kLastWordsMax) + kClientsMargin;
    if (ops_) ops_->set_ready(false);
    log_.info("draining", {{"connections", static_cast<std::int64_t>(shards_->connections())},
                           {"over_ms", static_cast<std::int64_t>(config_.drain_ms)}});
    drained_at_least_until_ = now + kDrainMin;
    shards_->drain(ms(config_.drain_ms));
    sockets_.close();
  }

  bool is_over() {
    if (!draining_until_) return false;
    const Instant now = clock_.now();
    return now >= *draining_until_ ||
           (shards_->connections() + shards_->api_connections() == 0 && now >= drained_at_least_until_);
  }

  void read_configuration_again() {
    if (sources_ == nullptr) return log_.warn("there is no configuration to read again");
    if (!sources_->file) {
      log_.warn(
          "the server was started without a configuration file; of all there is only certificates are read again");
    }
    auto wanted = config::load_config(*sources_);
    if (!wanted) {
      for (const config::ConfigProblem& problem : wanted.error())
        log_.error("configuration not reloaded", {{"problem", problem.text()}});
      return;
    }
    wanted->shards = shard_count(wanted->shards);  // as the running one's was
    const config::Config running = config_;
    config::Config next = config::reloaded(running, *wanted);
    next.shards = running.shards;
    auto auth = make_policy(next.auth, {clock_, log_}, keys_);
    if (!auth) return log_.error("configuration not reloaded", {{"problem", auth.error()}});
    const auto tls = tls_.make(next);
    if (!tls) return log_.error("configuration not reloaded", {{"problem", tls.error()}});
    for (const config::ReloadChange& change : config::diff_for_reload(config_, *wanted)) {
      log_.info(change.needs_restart ? "setting changed, needs a restart" : "setting changed",
                {{"key", change.key}, {"from", change.from}, {"to", change.to}});
    }
    use(std::move(*auth), next);
    config_ = std::move(next);
    last_resort_.allow(drain_time() + kEndMargin - kLastWordsMax);
    log_.set(config_.log);
    observer_.set_refusals_per_second(config_.log.refusals_per_second);
    apply_file_limit();
    if (const auto used = back_ends_.use(config_); !used) {
      log_.error("webhooks cannot be used", {{"problem", used.error()}});
    }
    if (ops_) ops_->set_hosts(config_.ops_hosts);
    warn_of(*tls);
    // Said when it holds for whoever connects next, not when the shards have only been told.
    shards_->reload(config_, *tls,
                    [this] { log_.info("configuration reloaded", {{"file", sources_->file.value_or("none")}}); });
  }

  /// The store last: what the shards have handed to it is committed before the process ends.
  void stop() {
    doing_ = Doing::kStoppingShards;
    if (shards_) shards_->stop();
    doing_ = Doing::kClosingStore;
    if (store_) store_->stop();
    back_ends_.stop();  // what the shards have said last is written down
    doing_ = Doing::kNothing;
  }

  /// What the main thread is at, for whoever ends the process because it does not come back from it.
  enum class Doing : std::uint8_t {
    kStarting,
    kServing,
    kReloading,
    kDraining,
    kStoppingShards,
    kClosingStore,
    kNothing
  };

  static std::string_view name_of(Doing doing) {
    switch (doing) {
      case Doing::kStarting:
        return "the start";
      case Doing::kServing:
        return "the main thread";
      case Doing::kReloading:
        return "the configuration's files";
      case Doing::kDraining:
        return "clients";
      case Doing::kStoppingShards:
        return "a shard that does not turn";
      case Doing::kClosingStore:
        return "the disk: history was not closed";
      case Doing::kNothing:
        return "the log";
    }
    return "";
  }

  /// On the last resort's thread, while any other may be blocked.
  void say_last_words(Ending::Step step) {
    if (step == Ending::Step::kAtOnce) {
      const listen::ShardGroup* const serving = serving_;
      log_.warn("stopped at once by a second signal",
                {{"connections", serving == nullptr ? std::uint64_t{0} : serving->connections()}});
    } else {
      log_.error("stopped because the time to end was over", {{"waiting_for", name_of(doing_)}});
    }
    log_.flush(kLastWordsMax);
  }

  bool fail(const std::string& why) {
    log_.error(why, {});
    return false;
  }

  const Processors processors_ = usable_processors();
  config::Config config_;
  const config::ConfigSources* sources_;
  log::Log& log_;
  const Clock& clock_;
  std::atomic<Doing> doing_{Doing::kStarting};
  std::atomic<const listen::ShardGroup*> serving_{nullptr};  // from the moment on when connections may come
  net::Loop loop_;
  listen::Admission admission_{listen::AdmissionLimits{}, clock_};
  listen::ConnectionLog observer_;
  std::uint64_t capacity_ = 0;
  std::unique_ptr<DataDirectory> data_;
  MadePolicy keys_;  // tokens are judged by
  listen::ListeningSockets sockets_;
  std::unique_ptr<broker::SqliteStore> store_;  // null: nothing is kept in a file
  std::unique_ptr<HistoryLog> history_log_;
  BackEnds back_ends_{clock_, log_};
  std::unique_ptr<RevocationKeeper> revocations_;
  std::unique_ptr<listen::ShardGroup> shards_;
  std::unique_ptr<ops::OpsPort> ops_;
  listen::TlsContextMaker tls_{clock_};
  HeapTrimmer heap_;
  std::optional<Instant> draining_until_;
  Instant drained_at_least_until_{};
  // Its thread reads what is above.
  LastResort last_resort_{[this](Ending::Step step) { say_last_words(step); }, kEndMargin - kLastWordsMax, clock_};
};

}  // namespace

int run(config::Config config, const config::ConfigSources* sources, log::Log& log) {
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
