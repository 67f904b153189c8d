#include "webhook/dispatcher.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/json_object.h"

namespace switchboard::webhook {
namespace {

constexpr Duration kTidyInterval = std::chrono::seconds(1);
constexpr Duration kFaultPause = std::chrono::seconds(1);
constexpr Duration kWaitMax = std::chrono::seconds(60);
constexpr std::uint64_t kRequestBytesMax = 1024 * 1024;  // of the events in it; a single entry may be larger
constexpr UnixMillis kKeptMs = 72ll * 3'600 * 1'000;     // for replays

}  // namespace

std::expected<std::unique_ptr<Dispatcher>, std::string> Dispatcher::open(Inbox& inbox, const std::string& file,
                                                                         const std::vector<EndpointSettings>& endpoints,
                                                                         const Clock& clock, log::Log& log) {
  Random random(kernel_random());
  auto outbox = Outbox::open(file, random.token(10));
  if (!outbox) return std::unexpected(outbox.error());
  std::unique_ptr<Dispatcher> dispatcher(new Dispatcher(inbox, std::move(*outbox), clock, log));
  if (const auto applied = dispatcher->apply(endpoints); !applied) return std::unexpected(applied.error());
  dispatcher->show_status();
  dispatcher->thread_ = std::thread([self = dispatcher.get()] { self->run(); });
  return dispatcher;
}

Dispatcher::Dispatcher(Inbox& inbox, std::unique_ptr<Outbox> outbox, const Clock& clock, log::Log& log)
    : clock_(clock), log_(log), inbox_(inbox), outbox_(std::move(outbox)), random_(kernel_random()) {}

Dispatcher::~Dispatcher() {
  stop();
}

void Dispatcher::stop() {
  client_.stop();
  if (thread_.joinable()) thread_.join();
  inbox_.use({}, {});
}

void Dispatcher::use(std::vector<EndpointSettings> endpoints) {
  {
    const std::scoped_lock lock(mutex_);
    settings_ = std::move(endpoints);
  }
  client_.wake();
}

void Dispatcher::control(Control control, std::function<void(const ControlResult& result)> done) {
  {
    const std::scoped_lock lock(mutex_);
    wishes_.push_back({std::move(control), std::move(done)});
  }
  client_.wake();
}

std::vector<EndpointStatus> Dispatcher::status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

// --- the thread ----------------------------------------------------------------------------------------------------

void Dispatcher::run() {
  while (!client_.is_stopped()) {
    take_settings();
    take_wishes();
    take_inbox();
    write_batches(false);
    take_outcomes();
    send();
    tidy();
    show_status();
    client_.run(time_to_wait());
  }
  take_wishes();
  take_inbox();
  write_the_rest();
  outbox_->close();
}

void Dispatcher::take_settings() {
  std::optional<std::vector<EndpointSettings>> settings;
  {
    const std::scoped_lock lock(mutex_);
    settings.swap(settings_);
  }
  if (!settings) return;
  if (const auto applied = apply(*settings); !applied) {
    log_.error("webhooks go on as they were: their queue cannot be written", {{"problem", applied.error()}});
  }
}

/// An endpoint is known by its name. What waits for one that is no longer there is gone with it.
std::expected<void, std::string> Dispatcher::apply(const std::vector<EndpointSettings>& wanted) {
  std::vector<std::string> names;
  for (const EndpointSettings& settings : wanted)
    names.push_back(settings.name);
  if (const auto used = outbox_->use(names); !used) return used;
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::vector<Interest> interests;
  for (const EndpointSettings& settings : wanted) {
    const auto running = std::ranges::find_if(
        endpoints_, [&](const auto& endpoint) { return endpoint && endpoint->settings().name == settings.name; });
    if (running == endpoints_.end()) {
      endpoints.push_back(std::make_unique<Endpoint>(settings));
    } else {
      endpoints.push_back(std::move(*running));
      if (endpoints.back()->settings() != settings) endpoints.back()->use(settings);
    }
    interests.push_back(endpoints.back()->interest());
  }
  // The requests under way are known by their endpoints' places, which change: they are made again, under their ids.
  for (std::size_t i = 0; i < endpoints_.size(); ++i)
    client_.cancel(i);
  endpoints_ = std::move(endpoints);
  for (const auto& endpoint : endpoints_)
    endpoint->forget_sending();
  inbox_.use(std::move(interests), [this] { client_.wake(); });
  return {};
}

Endpoint* Dispatcher::find(std::string_view name) {
  const auto found = std::ranges::find_if(endpoints_, [&](const auto& each) { return each->settings().name == name; });
  return found == endpoints_.end() ? nullptr : found->get();
}

std::size_t Dispatcher::index_of(const Endpoint& endpoint) const {
  const auto found = std::ranges::find_if(endpoints_, [&](const auto& each) { return each.get() == &endpoint; });
  return static_cast<std::size_t>(found - endpoints_.begin());
}

void Dispatcher::take_wishes() {
  std::vector<Wish> wishes;
  {
    const std::scoped_lock lock(mutex_);
    wishes.swap(wishes_);
  }
  for (const Wish& wish : wishes) {
    const ControlResult result = fulfil(wish.control);
    show_status();  // who is told that it is done finds it done
    wish.done(result);
  }
}

ControlResult Dispatcher::fulfil(const Control& control) {
  Endpoint* const endpoint = find(control.endpoint);
  if (endpoint == nullptr) return std::nullopt;
  std::uint64_t events = 0;
  std::expected<void, std::string> done;
  switch (control.action) {
    case Control::Action::kPause:
      done = outbox_->set_state(control.endpoint, EndpointState::kPaused);
      break;
    case Control::Action::kResume:
      done = outbox_->set_state(control.endpoint, EndpointState::kActive);
      endpoint->try_now();
      break;
    case Control::Action::kReplay: {
      const auto replayed = outbox_->replay(control.endpoint, control.since);
      if (!replayed) return std::unexpected(replayed.error());
      events = *replayed;
      client_.cancel(index_of(*endpoint));
      endpoint->forget_sending();
      endpoint->try_now();
      break;
    }
    case Control::Action::kTest:
      endpoint->take(Event{.type = EventType::kTest,
                           .at = clock_.unix_ms(),
                           .data = protocol::JsonObject().text("endpoint", control.endpoint).take()},
                     clock_.now());
      endpoint->try_now();
      events = 1;
      break;
  }
  if (!done) return std::unexpected(done.error());
  log_.info("webhook endpoint changed by an operator",
            {{"endpoint", control.endpoint},
             {"action", control.action == Control::Action::kPause    ? "pause"
                        : control.action == Control::Action::kResume ? "resume"
                        : control.action == Control::Action::kReplay ? "replay"
                                                                     : "test"},
             {"events", events}});
  return events;
}

void Dispatcher::take_inbox() {
  const Inbox::Taken taken = inbox_.take();
  const Instant now = clock_.now();
  for (const auto& endpoint : endpoints_) {
    for (const Arrival& arrival : taken.arrivals)
      endpoint->take(arrival, now);
    if (taken.lost > 0) endpoint->count_lost(taken.lost);
    endpoint->run(now);
  }
  if (taken.lost > 0) log_.error("events were lost: more came than could be taken down", {{"events", taken.lost}});
}

/// All endpoints' in one transaction.
void Dispatcher::write_batches(bool is_last) {
  const Instant now = clock_.now();
  const UnixMillis at = clock_.unix_ms();
  std::vector<Outbox::Entry> entries;
  std::vector<std::pair<Endpoint*, std::size_t>> written;  // and how many of its events
  for (const auto& endpoint : endpoints_) {
    const std::string& its_name = endpoint->settings().name;
    if (outbox_->state(its_name) == EndpointState::kGone) endpoint->drop_pending();
    if (!(is_last ? endpoint->has_pending() : endpoint->is_batch_due(now))) continue;
    const bool has_lost = endpoint->events_lost() > endpoint->events_lost_told();
    if (!endpoint->make_fit(outbox_->backlog(its_name).bytes)) {
      if (!has_lost) log_.error("events are lost: a webhook endpoint's queue is full", {{"endpoint", its_name}});
      endpoint->on_not_written(now + kFaultPause);
      continue;
    }
    auto batch = endpoint->batch(outbox_->token(), outbox_->next_id() + static_cast<EntryId>(entries.size()), at);
    std::ranges::move(batch.entries, std::back_inserter(entries));
    written.emplace_back(endpoint.get(), batch.events);
  }
  if (entries.empty()) return;
  const auto done = outbox_->append(entries);
  report(done);
  for (const auto& [endpoint, events] : written)
    done ? endpoint->on_written(events) : endpoint->on_not_written(now + kFaultPause);
}

/// In the end. What cannot be written is lost with the process.
void Dispatcher::write_the_rest() {
  std::uint64_t left = unwritten();
  for (std::uint64_t before = left + 1; left > 0 && left < before; left = unwritten()) {
    before = left;
    write_batches(true);
  }
  if (left > 0)
    log_.error("events are lost: the queue of webhooks could not be written in the end", {{"events", left}});
}

std::uint64_t Dispatcher::unwritten() const {
  std::uint64_t sum = 0;
  for (const auto& endpoint : endpoints_)
    sum += endpoint->unwritten();
  return sum;
}

void Dispatcher::take_outcomes() {
  while (const auto done = client_.take_done())
    take_outcome(done->first, done->second);
}

void Dispatcher::take_outcome(std::size_t index, const fetch::HttpOutcome& outcome) {
  Endpoint& endpoint = *endpoints_[index];
  const std::string& its_name = endpoint.settings().name;
  const QueuedEvents sent = endpoint.sending();
  const std::uint64_t failures = endpoint.failures();
  switch (endpoint.on_outcome(outcome, clock_.now(), clock_.unix_ms(), random_)) {
    case Verdict::kDelivered:
      if (endpoint.take_said()) log_.info("webhook endpoint is back", {{"endpoint", its_name}, {"failures", failures}});
      pass(endpoint, sent);
      break;
    case Verdict::kAgain:
      if (failures == 0 && endpoint.may_complain(clock_.now())) {
        log_.warn("webhook endpoint fails; events wait for it",
                  {{"endpoint", its_name}, {"problem", endpoint.problem()}});
      }
      break;
    case Verdict::kGivenUp:
      log_.error("events were given up: a webhook endpoint has failed for too long",
                 {{"endpoint", its_name}, {"events", sent.events}, {"problem", endpoint.problem()}});
      pass(endpoint, sent);
      break;
    case Verdict::kGone:
      log_.error("webhook endpoint is switched off: it has answered 410",
                 {{"endpoint", its_name}, {"waiting", outbox_->backlog(its_name).events}});
      report(outbox_->set_state(its_name, EndpointState::kGone));
      break;
  }
}

void Dispatcher::pass(Endpoint& endpoint, const QueuedEvents& events) {
  const auto passed = outbox_->pass(endpoint.settings().name, events);
  report(passed);
  if (!passed) endpoint.hold(clock_.now() + kFaultPause);  // it is going to be sent once more
}

void Dispatcher::send() {
  const Instant now = clock_.now();
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    Endpoint& endpoint = *endpoints_[i];
    const std::string& its_name = endpoint.settings().name;
    if (!endpoint.may_send(now) || outbox_->state(its_name) != EndpointState::kActive) continue;
    std::expected<std::optional<QueuedEvents>, std::string> events = endpoint.unsent();
    if (!*events) events = outbox_->next(its_name, endpoint.settings().batch_events_max, kRequestBytesMax);
    if (!events) {
      report(std::unexpected(events.error()));
      endpoint.hold(now + kFaultPause);
    } else if (*events) {
      client_.start(i, endpoint.begin(std::move(**events), outbox_->token(), clock_.unix_ms()));
    }
  }
}

void Dispatcher::tidy() {
  const Instant now = clock_.now();
  if (now < tidy_at_) return;
  tidy_at_ = now + kTidyInterval;
  const UnixMillis since = clock_.unix_ms() - kKeptMs;
  for (const auto& endpoint : endpoints_) {
    const EndpointSettings& settings = endpoint->settings();
    const std::uint64_t waiting = outbox_->backlog(settings.name).bytes;
    const std::uint64_t kept_max = settings.backlog_bytes_max - std::min(settings.backlog_bytes_max, waiting);
    report(outbox_->trim(settings.name, kept_max, since));
  }
  outbox_->checkpoint();
}

void Dispatcher::show_status() {
  std::vector<EndpointStatus> status;
  for (const auto& endpoint : endpoints_)
    status.push_back(endpoint->status(*outbox_, clock_.now(), clock_.unix_ms()));
  const std::scoped_lock lock(mutex_);
  status_ = std::move(status);
}

Duration Dispatcher::time_to_wait() const {
  const Instant now = clock_.now();
  Instant until = now + kWaitMax;
  for (const auto& endpoint : endpoints_) {
    if (const auto due = endpoint->next_due()) until = std::min(until, *due);
    const Backlog& backlog = outbox_->backlog(endpoint->settings().name);
    const bool is_active = outbox_->state(endpoint->settings().name) == EndpointState::kActive;
    if (backlog.events > 0 && is_active && !endpoint->is_sending()) until = std::min(until, endpoint->not_before());
    const bool keeps_too_much = backlog.bytes + backlog.bytes_kept > endpoint->settings().backlog_bytes_max;
    if (keeps_too_much && backlog.bytes_kept > 0) until = std::min(until, tidy_at_);
  }
  return std::max(Duration::zero(), until - now);
}

/// Once when it begins and once when it is over.
void Dispatcher::report(const std::expected<void, std::string>& result) {
  if (result.has_value() == !has_fault_) return;
  has_fault_ = !result;
  if (has_fault_) {
    log_.error("the queue of webhooks cannot be written; events wait in memory", {{"problem", result.error()}});
  } else {
    log_.info("the queue of webhooks can be written again");
  }
}

}  // namespace switchboard::webhook
