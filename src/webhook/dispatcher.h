// Tells endpoints what happens: a thread of its own, which takes what the shards leave in its inbox, writes it down for
// each endpoint that wants it, and sends it, one request to an endpoint at a time, until it was taken.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "fetch/http_client.h"
#include "log/log.h"
#include "webhook/endpoint.h"
#include "webhook/inbox.h"
#include "webhook/outbox.h"
#include "webhook/settings.h"
#include "webhook/status.h"

namespace switchboard::webhook {

/// What an operator can do with an endpoint.
struct Control {
  enum class Action : std::uint8_t {
    kPause,
    kResume,  // also one that is gone, or waits after a failure
    kReplay,  // what was written down since then
    kTest,    // it is sent an event that says so
  };
  std::string endpoint;
  Action action = Action::kPause;
  UnixMillis since = 0;  // of kReplay
};

/// Events that are to be sent again; none when there is no such endpoint. The error is a sentence.
using ControlResult = std::expected<std::optional<std::uint64_t>, std::string>;

/// All functions: any thread.
class Dispatcher {
 public:
  /// Begins at once. `inbox`: where whatever happens is put, until `stop`. `file`: where the queue is; "": in memory.
  /// `endpoints`: each without a problem, with names that differ. The references must outlive it. The error is a
  /// sentence for the operator.
  static std::expected<std::unique_ptr<Dispatcher>, std::string> open(Inbox& inbox, const std::string& file,
                                                                      const std::vector<EndpointSettings>& endpoints,
                                                                      const Clock& clock, log::Log& log);
  /// As `stop`.
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// The configuration has changed.
  void use(std::vector<EndpointSettings> endpoints);
  /// `done` is called on this thread's, soon.
  void control(Control control, std::function<void(const ControlResult& result)> done);
  std::vector<EndpointStatus> status() const;
  /// Writes down what has happened, and ends without waiting for anybody. Nothing may be put into the inbox any more.
  void stop();

 private:
  struct Wish {
    Control control;
    std::function<void(const ControlResult& result)> done;
  };

  Dispatcher(Inbox& inbox, std::unique_ptr<Outbox> outbox, const Clock& clock, log::Log& log);

  void run();
  void take_settings();
  std::expected<void, std::string> apply(const std::vector<EndpointSettings>& endpoints);
  void take_wishes();
  ControlResult fulfil(const Control& control);
  void take_inbox();
  void write_batches(bool is_last);
  void write_the_rest();
  std::uint64_t unwritten() const;
  void take_outcomes();
  void take_outcome(std::size_t index, const fetch::HttpOutcome& outcome);
  void pass(Endpoint& endpoint, const QueuedEvents& events);
  void send();
  void tidy();
  void show_status();
  Duration time_to_wait() const;
  void report(const std::expected<void, std::string>& result);
  Endpoint* find(std::string_view name);
  std::size_t index_of(const Endpoint& endpoint) const;

  const Clock& clock_;
  log::Log& log_;
  fetch::HttpClient client_;
  Inbox& inbox_;

  // The thread's own.
  std::unique_ptr<Outbox> outbox_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  Random random_;
  Instant tidy_at_{};
  bool has_fault_ = false;  // the queue's file cannot be written: said once

  mutable std::mutex mutex_;
  std::vector<EndpointStatus> status_;
  std::vector<Wish> wishes_;
  std::optional<std::vector<EndpointSettings>> settings_;  // to be used from now on

  std::thread thread_;  // last: it begins when all others are there
};

}  // namespace switchboard::webhook
