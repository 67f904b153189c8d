#include "webhook/endpoint.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/overloaded.h"
#include "protocol/json_object.h"

namespace switchboard::webhook {
namespace {

constexpr std::uint64_t kEntryBytesMax = 256 * 1024;     // written down as one; a single event may be larger
constexpr std::uint64_t kBatchBytesMax = 1024 * 1024;    // written down in one transaction, of one endpoint
constexpr std::uint64_t kPendingBytesMax = 64ull << 20;  // that wait for a disk that fails
constexpr std::size_t kAnswerBytesMax = 64 * 1024;       // nobody looks at what is in it

Interest interest_of(const EndpointSettings& settings) {
  auto interest = Interest::parse(settings.events, settings.rooms);
  SB_ASSERT(interest);
  return std::move(*interest);
}

std::vector<std::string> secrets_of(const EndpointSettings& settings) {
  std::vector<std::string> secrets{settings.secret};
  secrets.insert(secrets.end(), settings.additional_secrets.begin(), settings.additional_secrets.end());
  return secrets;
}

std::string event_json(const Event& event, std::string_view id) {
  return protocol::JsonObject()
      .text("id", id)
      .text("type", name(event.type))
      .text("timestamp", timestamp_text(event.at))
      .json("data", event.data)
      .take();
}

std::uint64_t bytes_of(const Event& event) {
  constexpr std::uint64_t kAround = 150;  // its id, type and time
  return event.data.size() + kAround;
}

Event lost_event(std::uint64_t events, UnixMillis at) {
  return {.type = EventType::kEventsLost, .at = at, .data = protocol::JsonObject().number("events", events).take()};
}

}  // namespace

Endpoint::Endpoint(EndpointSettings settings)
    : settings_(std::move(settings)),
      interest_(interest_of(settings_)),
      signer_(std::make_unique<Signer>(secrets_of(settings_))),
      attendance_(
          std::chrono::milliseconds(settings_.user_grace_ms), HashKey{kernel_random(), kernel_random()},
          [this](std::string_view room_id, std::string_view user_id, bool is_there, UnixMillis at) {
            const bool is_room = !room_id.empty();
            const EventType type = is_room ? (is_there ? EventType::kUserJoined : EventType::kUserLeft)
                                           : (is_there ? EventType::kUserOnline : EventType::kUserOffline);
            if (!interest_.wants(type, room_id)) return;
            protocol::JsonObject data;
            if (is_room) data.text("room_id", room_id);
            add({.type = type, .at = at, .room_id = std::string(room_id), .data = data.text("user_id", user_id).take()},
                now_);
          }) {}

void Endpoint::use(EndpointSettings settings) {
  settings_ = std::move(settings);
  interest_ = interest_of(settings_);
  signer_ = std::make_unique<Signer>(secrets_of(settings_));
  attendance_.set_grace(std::chrono::milliseconds(settings_.user_grace_ms));
  try_now();
}

// --- events --------------------------------------------------------------------------------------------------------

void Endpoint::take(const Arrival& arrival, Instant now) {
  now_ = now;
  const Overloaded take{
      [&](const Event& event) {
        if (event.type == EventType::kRoomVacated) attendance_.end_room(event.room_id);
        if (interest_.wants(event.type, event.room_id)) add(event, now);
      },
      [&](const Attended& attended) {
        const bool is_room = !attended.room_id.empty();
        const bool is_wanted =
            interest_.wants(is_room ? EventType::kUserJoined : EventType::kUserOnline, attended.room_id) ||
            interest_.wants(is_room ? EventType::kUserLeft : EventType::kUserOffline, attended.room_id);
        if (!is_wanted) return;
        if (attended.has_come) {
          attendance_.add(attended.room_id, attended.user_id, attended.at);
        } else {
          attendance_.remove(attended.room_id, attended.user_id, now, attended.at);
        }
      },
  };
  std::visit(take, arrival);
}

void Endpoint::run(Instant now) {
  now_ = now;
  attendance_.run(now);
}

void Endpoint::add(Event event, Instant now) {
  const std::uint64_t bytes = bytes_of(event);
  if (pending_bytes_ + bytes > kPendingBytesMax) return count_lost(1);
  if (!has_pending()) batch_due_ = now + std::chrono::milliseconds(settings_.batch_ms);
  pending_bytes_ += bytes;
  pending_.push_back(std::move(event));
}

void Endpoint::count_lost(std::uint64_t events) {
  lost_ += events;
  lost_total_ += events;
}

std::optional<Instant> Endpoint::next_due() const {
  std::optional<Instant> due = attendance_.next_due();
  if (has_pending()) due = due ? std::min(*due, batch_due_) : batch_due_;
  return due;
}

bool Endpoint::make_fit(std::uint64_t bytes_queued) {
  if (bytes_queued + pending_bytes_ <= settings_.backlog_bytes_max) return true;
  count_lost(pending_.size());
  pending_.clear();
  pending_bytes_ = 0;
  return false;
}

Endpoint::Batch Endpoint::batch(std::string_view token, EntryId first, UnixMillis at) const {
  Batch batch;
  std::vector<Outbox::Entry>& entries = batch.entries;
  const auto add = [&](const Event& event) {
    const bool is_full = entries.empty() || entries.back().events >= settings_.batch_events_max ||
                         entries.back().json.size() + bytes_of(event) > kEntryBytesMax;
    if (is_full) entries.push_back({.endpoint = settings_.name, .at = at, .events = 0, .json = {}});
    Outbox::Entry& entry = entries.back();
    const auto row = first + static_cast<EntryId>(entries.size()) - 1;
    const std::string id =
        "evt_" + std::string(token) + "_" + std::to_string(row) + "_" + std::to_string(entry.events++);
    if (!entry.json.empty()) entry.json += ',';
    entry.json += event_json(event, id);
  };
  if (lost_ > 0) add(lost_event(lost_, at));
  // A disk that has little room takes little of it, instead of nothing.
  std::uint64_t bytes = 0;
  for (const Event& event : pending_) {
    bytes += bytes_of(event);
    if (bytes > kBatchBytesMax && batch.events > 0) break;
    add(event);
    ++batch.events;
  }
  return batch;
}

void Endpoint::on_written(std::size_t events) {
  for (std::size_t i = 0; i < events; ++i)
    pending_bytes_ -= bytes_of(pending_[i]);
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(events));
  lost_ = 0;
}

void Endpoint::drop_pending() {
  pending_.clear();
  pending_bytes_ = 0;
  lost_ = 0;
}

// --- sending -------------------------------------------------------------------------------------------------------

fetch::HttpRequest Endpoint::begin(QueuedEvents events, std::string_view token, UnixMillis now) {
  unsent_.reset();
  sending_ = std::move(events);
  const QueuedEvents& sent = *sending_;
  std::string id = "msg_" + std::string(token) + "_" + std::to_string(sent.first);
  if (sent.last != sent.first) id += "_" + std::to_string(sent.last);
  const bool is_single = settings_.batch_events_max == 1 && sent.events == 1;
  std::string body = is_single ? sent.json
                               : protocol::JsonObject()
                                     .text("type", "batch")
                                     .text("timestamp", timestamp_text(sent.at))
                                     .json("data", R"({"events":[)" + sent.json + "]}")
                                     .take();
  const std::int64_t now_s = now / 1'000;
  return {
      .url = settings_.url,
      .headers = {"Content-Type: application/json", "webhook-id: " + id, "webhook-timestamp: " + std::to_string(now_s),
                  "webhook-signature: " + signer_->sign(id, now_s, body)},
      .body = std::move(body),
      .timeout = std::chrono::milliseconds(settings_.timeout_ms),
      .body_bytes_max = kAnswerBytesMax,
      .ca_file = settings_.ca_file,
      .reach = settings_.allow_private_addresses ? fetch::Reach::kAnywhere : fetch::Reach::kPublicOnly,
      .keep_alive = fetch::KeepAlive::kYes};
}

Verdict Endpoint::on_outcome(const fetch::HttpOutcome& outcome, Instant now, UnixMillis unix_now, Random& random) {
  QueuedEvents sent = *std::exchange(sending_, std::nullopt);
  if (outcome && outcome->status / 100 == 2) {
    retry_.reset();
    problem_.clear();
    not_before_ = {};
    delivered_at_ = unix_now;
    delivered_ += sent.events;
    ++requests_;
    return Verdict::kDelivered;
  }
  ++requests_failed_;
  problem_ = !outcome ? outcome.error()
                      : "answered with status " + std::to_string(outcome->status) +
                            (outcome->status / 100 == 3 ? "; redirects are not followed" : "");
  if (outcome && outcome->status == 410) return Verdict::kGone;
  not_before_ = now + retry_.after_failure(random, outcome ? outcome->retry_after : std::nullopt);
  const bool is_over = unix_now - sent.at > static_cast<UnixMillis>(settings_.retry_ms_max);
  if (!is_over) {
    unsent_ = std::move(sent);
    return Verdict::kAgain;
  }
  count_lost(sent.events);
  return Verdict::kGivenUp;
}

EndpointStatus Endpoint::status(const Outbox& outbox, Instant now, UnixMillis unix_now) const {
  EndpointStatus status{.name = settings_.name,
                        .url = settings_.url,
                        .state = outbox.state(settings_.name),
                        .backlog = outbox.backlog(settings_.name),
                        .events_delivered = delivered_,
                        .events_lost = lost_total_,
                        .requests = requests_,
                        .requests_failed = requests_failed_,
                        .problem = problem_,
                        .delivered_at = delivered_at_,
                        .next_attempt_at = std::nullopt};
  if (not_before_ > now) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(not_before_ - now);
    status.next_attempt_at = unix_now + wait.count();
  }
  return status;
}

}  // namespace switchboard::webhook
