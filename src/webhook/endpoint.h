// One endpoint: what it is to be told, what waits to be written down for it, and when it is sent what. It knows neither
// the network nor the disk; whoever owns it does both as it says.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "fetch/http_client.h"
#include "webhook/attendance.h"
#include "webhook/inbox.h"
#include "webhook/interest.h"
#include "webhook/outbox.h"
#include "webhook/retry_schedule.h"
#include "webhook/settings.h"
#include "webhook/signer.h"
#include "webhook/status.h"

namespace switchboard::webhook {

/// What becomes of events that were sent.
enum class Verdict : std::uint8_t {
  kDelivered,
  kAgain,    // later, the same ones
  kGivenUp,  // they were tried for long enough
  kGone,     // the endpoint wants nothing any more
};

class Endpoint {
 public:
  static constexpr Duration kComplaintInterval = std::chrono::seconds(10);

  /// `settings`: without a problem.
  explicit Endpoint(EndpointSettings settings);

  /// What was taken down already, and who is there, stays.
  void use(EndpointSettings settings);
  const EndpointSettings& settings() const { return settings_; }
  const Interest& interest() const { return interest_; }

  // --- events ------------------------------------------------------------------------------------------------------
  void take(const Arrival& arrival, Instant now);
  /// Events that found no room elsewhere.
  void count_lost(std::uint64_t events);
  /// Lets go whose grace is over.
  void run(Instant now);
  /// When what waits is to be written down, or a grace is over.
  std::optional<Instant> next_due() const;
  bool is_batch_due(Instant now) const { return has_pending() && now >= batch_due_; }
  bool has_pending() const { return !pending_.empty() || lost_ > 0; }

  /// So many bytes wait in the queue already. False when there is no room for what has come since: it is lost, and the
  /// endpoint is told so once there is.
  bool make_fit(std::uint64_t bytes_queued);
  /// Of what has come since as much as is written at once, as entries of one event or more. They get the ids from that
  /// one on.
  struct Batch {
    std::vector<Outbox::Entry> entries;
    std::size_t events = 0;  // of what has come
  };
  Batch batch(std::string_view token, EntryId first, UnixMillis at) const;
  /// So many events stand in the queue, and that some were lost.
  void on_written(std::size_t events);
  /// That wait, and are not written down.
  std::uint64_t unwritten() const { return pending_.size() + lost_; }
  /// It does not: it waits on.
  void on_not_written(Instant again_at) { batch_due_ = again_at; }
  /// The endpoint wants nothing any more.
  void drop_pending();

  // --- sending -----------------------------------------------------------------------------------------------------
  bool may_send(Instant now) const { return !sending_ && now >= not_before_; }
  /// The request that carries them: signed anew at each attempt, under the same id.
  fetch::HttpRequest begin(QueuedEvents events, std::string_view token, UnixMillis now);
  bool is_sending() const { return sending_.has_value(); }
  /// What was sent and is to be sent again: the same events, so that its id means the same.
  const std::optional<QueuedEvents>& unsent() const { return unsent_; }
  /// Nothing will come of what is under way, and nothing needs to go together as it did.
  void forget_sending() {
    sending_.reset();
    unsent_.reset();
  }
  const QueuedEvents& sending() const { return *sending_; }
  Verdict on_outcome(const fetch::HttpOutcome& outcome, Instant now, UnixMillis unix_now, Random& random);
  /// Something else than the endpoint is in the way until then.
  void hold(Instant until) { not_before_ = until; }
  /// Nothing holds it back any more.
  void try_now() { not_before_ = {}; }
  Instant not_before() const { return not_before_; }

  EndpointStatus status(const Outbox& outbox, Instant now, UnixMillis unix_now) const;
  std::uint64_t failures() const { return retry_.failures(); }
  const std::string& problem() const { return problem_; }
  /// Whether that it fails is to be said: at once, and then now and then.
  bool may_complain(Instant now) {
    if (now < next_complaint_) return false;
    next_complaint_ = now + kComplaintInterval;
    return is_said_ = true;
  }
  /// Whether it was said since: then that it is over is said, too.
  bool take_said() { return std::exchange(is_said_, false); }
  std::uint64_t events_lost() const { return lost_total_; }
  /// Lost, and it has been told so.
  std::uint64_t events_lost_told() const { return lost_total_ - lost_; }

 private:
  void add(Event event, Instant now);

  EndpointSettings settings_;
  Interest interest_;
  std::unique_ptr<Signer> signer_;
  Attendance attendance_;
  Instant now_{};  // during a call that may tell

  std::vector<Event> pending_;
  std::uint64_t pending_bytes_ = 0;
  Instant batch_due_{};
  std::uint64_t lost_ = 0;  // it has not been told of yet

  std::optional<QueuedEvents> sending_;
  std::optional<QueuedEvents> unsent_;
  RetrySchedule retry_;
  Instant not_before_{};
  std::string problem_;
  Instant next_complaint_{};
  bool is_said_ = false;
  std::optional<UnixMillis> delivered_at_;
  std::uint64_t delivered_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t requests_failed_ = 0;
  std::uint64_t lost_total_ = 0;
};

}  // namespace switchboard::webhook
