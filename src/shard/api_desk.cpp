#include "shard/api_desk.h"

#include <array>
#include <utility>
#include <variant>

#include "api/problem.h"
#include "base/assert.h"
#include "protocol/command.h"

namespace switchboard::shard {
namespace {

using Phase = http::ServerConnection::Phase;
using Doing = ApiClient::Doing;
using protocol::ErrorCode;

// Back ends keep their connections, and send as much as there is to send.
constexpr http::ConnectionLimits kLimits{.requests_max = 1'000'000'000,
                                         .idle_time_max = std::chrono::seconds(75),
                                         .head_time_max = std::chrono::seconds(10),
                                         .body_time_max = std::chrono::seconds(30),
                                         .write_time_max = std::chrono::seconds(30)};
// Of a request that has no use for a body: it may come without a key.
constexpr std::size_t kUnwantedBodyBytesMax = 1'024;
constexpr Duration kLookInterval = std::chrono::milliseconds(250);
constexpr std::size_t kReadBytes = 16'384;
// So much is done for one connection before the others have their turn.
constexpr std::size_t kStepsPerTurn = 16;

std::size_t class_of(int status) {
  return static_cast<std::size_t>(status / 100 - 2);
}

}  // namespace

// --- connections -----------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> ApiDesk::accept(std::unique_ptr<net::Transport> transport, const net::PeerAddress& peer) {
  if (is_draining_ || clients_.size() >= settings_.api.connections_max) {
    stats_.connections_refused.add();
    return std::nullopt;
  }
  const SlotId id = clients_.emplace(std::move(transport), peer, kLimits, context_.now).first;
  stats_.connections.add();
  return id.index;
}

void ApiDesk::on_ready(std::uint32_t number, bool hung_up) {
  const SlotId id = clients_.id_at(number);
  ApiClient* client = clients_.find(id);
  if (client == nullptr) return;  // it has ended in this very turn
  client->hung_up = client->hung_up || hung_up;
  wake(id);
}

void ApiDesk::wake(SlotId id) {
  ApiClient& client = clients_.at(id);
  if (std::exchange(client.is_in_line, true)) return;
  ready_.push_back(id);
}

void ApiDesk::stall(SlotId id) {
  if (!std::exchange(clients_.at(id).is_stalled, true)) stalled_.push_back(id);
}

void ApiDesk::drain() {
  is_draining_ = true;
  clients_.for_each([this](SlotId id, ApiClient&) { wake(id); });
}

// --- turns -----------------------------------------------------------------------------------------------------------

void ApiDesk::run(const Clock& clock, Instant until) {
  for (std::size_t n = stalled_.size(); n > 0; --n) {
    const SlotId id = stalled_.front();
    stalled_.pop_front();
    if (ApiClient* client = clients_.find(id)) {
      client->is_stalled = false;
      wake(id);
    }
  }
  if (!clients_.empty() && context_.now >= next_look_) look_at_times();
  // Those that want more stand behind the others, and have their turn in this run only if there is time.
  for (std::size_t n = ready_.size(); n > 0; --n) {
    const SlotId id = ready_.front();
    ready_.pop_front();
    ApiClient* const client = clients_.find(id);
    if (client == nullptr) continue;
    client->is_in_line = false;
    if (serve(*client, id)) wake(id);
    if (client->has_failed || client->http.is_over()) {
      requests_.forget(*client);
      clients_.erase(id);
      stats_.connections.sub();
    }
    if (clock.now() >= until) break;
  }
}

/// Some steps for one connection. True when there is more to do at once.
bool ApiDesk::serve(ApiClient& client, SlotId id) {
  for (std::size_t step = 0; step < kStepsPerTurn; ++step) {
    const bool asks_nothing = client.http.phase() == Phase::kIdle || client.http.phase() == Phase::kHead;
    if (is_draining_ && asks_nothing && client.http.outbox().empty()) client.has_failed = true;
    if (client.has_failed || client.http.is_over()) return false;
    if (!write(client) && !take_request(client, id) && !requests_.go_on(client, id) && !read(client)) return false;
  }
  return true;
}

/// Deadlines are looked at now and then, all of them: they are seconds, and there are not many connections.
void ApiDesk::look_at_times() {
  next_look_ = context_.now + kLookInterval;
  const Duration timeout = std::chrono::milliseconds(settings_.api.answer_timeout_ms);
  clients_.for_each([&](SlotId id, ApiClient& client) {
    if (client.doing != Doing::kNothing && context_.now - client.asked_at >= timeout) {
      api::Problem problem = api::problem_of(ErrorCode::kUnavailable);
      problem.detail =
          "no answer came in time (api.answer_timeout_ms); a message may still be committed: a retry is safe "
          "with `dedup`";
      refuse(client, problem);
      wake(id);
    }
    if (context_.now >= client.http.deadline()) {
      client.has_failed = true;
      wake(id);
    }
  });
}

std::optional<Instant> ApiDesk::next_deadline() const {
  return clients_.empty() ? std::nullopt : std::optional(next_look_);
}

/// True when something came.
bool ApiDesk::read(ApiClient& client) {
  if (!client.http.wants_input()) return false;
  std::array<char, kReadBytes> buffer;
  const net::IoResult result = client.transport->read(buffer);
  switch (result.status) {
    case net::IoStatus::kOk:
    case net::IoStatus::kLast:
    case net::IoStatus::kMore:
      if (result.bytes > 0) client.http.receive({buffer.data(), result.bytes}, context_.now, context_.clock.unix_ms());
      return true;
    case net::IoStatus::kHeld:  // what came is good; what is held is flushed when the socket takes it
      if (result.bytes > 0) client.http.receive({buffer.data(), result.bytes}, context_.now, context_.clock.unix_ms());
      return result.bytes > 0;
    case net::IoStatus::kWouldBlock:
      return false;
    case net::IoStatus::kEnd:
      client.http.on_input_end(context_.now);
      return true;
    case net::IoStatus::kFailed:
      break;
  }
  client.has_failed = true;
  return false;
}

/// True when the socket took something.
bool ApiDesk::write(ApiClient& client) {
  // What the transport holds (TLS: sealed already, and counted as taken then) goes first, and nothing is written or
  // ended before it is gone.
  net::IoResult result = client.transport->flush();
  if (result.status == net::IoStatus::kFailed) client.has_failed = true;
  if (result.status != net::IoStatus::kOk) return false;
  const std::string_view bytes = client.http.outbox();
  if (bytes.empty()) {
    if (client.http.wants_finish() && !std::exchange(client.has_finished, true)) client.transport->finish_writing();
    return false;
  }
  result = client.transport->write(bytes);
  if (result.status == net::IoStatus::kFailed) {
    client.has_failed = true;
    return false;
  }
  if (result.bytes > 0) client.http.consume(result.bytes, context_.now, context_.clock.unix_ms());
  return result.bytes > 0 && result.status == net::IoStatus::kOk;
}

// --- requests --------------------------------------------------------------------------------------------------------

std::shared_ptr<const api::Key> ApiDesk::key_of(const ApiClient& client) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view value = client.http.request().value("Authorization");
  if (settings_.api.keys == nullptr || client.http.request().count("Authorization") != 1) return nullptr;
  if (value.size() < kScheme.size()) return nullptr;
  if (!http::equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return nullptr;
  const api::Key* const found = settings_.api.keys->find(value.substr(kScheme.size()));
  if (found == nullptr) return nullptr;
  return {settings_.api.keys, found};  // of those keys, as long as it is needed, whatever is reloaded
}

/// Before anything of the body is read, and again when it is there: the key is looked for, which hashes it, once.
std::optional<api::Refusal> ApiDesk::refusal_of(ApiClient& client, const api::Target& target) const {
  const auto scope = api::scope_of(target.route);
  if (!scope) return std::nullopt;
  if (client.key == nullptr) client.key = key_of(client);
  if (client.key == nullptr) {
    return client.http.request().count("Authorization") == 0 ? api::Refusal::kNoKey : api::Refusal::kUnknownKey;
  }
  return client.key->may(*scope) ? std::nullopt : std::optional(api::Refusal::kScope);
}

/// Its key's. It counts once, when it is whole; but who has nothing left need not send a body.
std::optional<api::Problem> ApiDesk::refusal_for_rate(const ApiClient& client) {
  const Rate& rate = settings_.api.requests;
  if (client.key == nullptr || !rate.limited()) return std::nullopt;
  const bool is_whole = client.http.phase() == Phase::kRequest;
  const Duration wait = is_whole ? client.key->requests().take(context_.now, 1, rate)
                                 : client.key->requests().wait_for(context_.now, 1, rate);
  if (wait <= Duration::zero()) return std::nullopt;
  stats_.rate_limited.add();
  return api::too_many_requests(wait);
}

/// What can only be said once it is known which rooms are meant.
std::optional<api::Refusal> ApiDesk::refusal_of(const ApiClient& client, const api::Operation& operation) const {
  const auto outside = [&](std::string_view room_id) { return client.key != nullptr && !client.key->covers(room_id); };
  bool is_outside = false;
  if (const auto* one = std::get_if<api::PublishOne>(&operation)) is_outside = outside(one->message.room_id);
  if (const auto* history = std::get_if<api::ReadHistory>(&operation)) is_outside = outside(history->room_id);
  if (const auto* presence = std::get_if<api::ReadPresence>(&operation)) {
    is_outside = outside(presence->room_id);
    if (!is_outside && !settings_.rooms.of(presence->room_id).presence) return api::Refusal::kPresence;
  }
  if (const auto* batch = std::get_if<api::PublishBatch>(&operation)) {
    for (const api::Message& message : batch->messages)
      is_outside = is_outside || outside(message.room_id);
  }
  return is_outside ? std::optional(api::Refusal::kRoom) : std::nullopt;
}

/// True when there was one.
bool ApiDesk::take_request(ApiClient& client, SlotId id) {
  const Phase phase = client.http.phase();
  if (client.doing != Doing::kNothing || (phase != Phase::kDecide && phase != Phase::kRequest)) return false;
  const http::Request& request = client.http.request();
  if (request.method == "OPTIONS") {
    const std::string_view methods = request.target == "*" ? "GET, HEAD, POST, OPTIONS" : api::methods_at(request);
    if (!methods.empty()) {
      tell_methods(client, methods);
      return true;
    }
  }
  const auto target = api::target_of(request);
  if (!target) {
    refuse(client, target.error());
  } else if (const auto refusal = refusal_of(client, *target)) {
    refuse(client, *refusal);
  } else if (const auto problem = refusal_for_rate(client)) {
    refuse(client, *problem);
  } else if (phase == Phase::kDecide) {
    const std::size_t bytes_max = api::takes_body(target->route) ? settings_.api.body_bytes_max : kUnwantedBodyBytesMax;
    client.http.take_body(bytes_max, context_.now, context_.clock.unix_ms());
  } else {
    begin(client, id, *target);
  }
  return true;
}

void ApiDesk::begin(ApiClient& client, SlotId id, const api::Target& target) {
  const api::BodyLimits limits{.content_bytes_max = settings_.session.message_bytes_max,
                               .json_depth_max = settings_.session.json_depth_max};
  auto operation = api::read_operation(target, client.http.request(), client.http.body(), limits);
  if (!operation) return refuse(client, operation.error());
  if (const auto refusal = refusal_of(client, *operation)) return refuse(client, *refusal);
  charge_messages(client, *operation);
  requests_.begin(client, id, std::move(*operation));
}

/// A batch counts as many as it has messages. One of them is taken already; the others are, whether they are there or
/// not: otherwise one with more than a full bucket holds could never be made.
void ApiDesk::charge_messages(const ApiClient& client, const api::Operation& operation) {
  const auto* const batch = std::get_if<api::PublishBatch>(&operation);
  const Rate& rate = settings_.api.requests;
  if (batch == nullptr || !rate.limited()) return;
  if (client.key != nullptr) client.key->requests().spend(context_.now, batch->messages.size() - 1, rate);
}

// --- answers ---------------------------------------------------------------------------------------------------------

void ApiDesk::answer(ApiClient& client, std::string body) {
  respond(client, {.status = 200, .content_type = "application/json", .body = body});
}

/// Counted and logged before it is told: whose request it was is known until then only.
void ApiDesk::refuse(ApiClient& client, api::Refusal refusal) {
  stats_.refusals[static_cast<std::size_t>(refusal)].add();
  const api::Key* const key = client.key.get();
  const std::string shown = key != nullptr ? key->shown() : refusal == api::Refusal::kNoKey ? "none" : "unknown";
  observer_.on_api_refused({.refusal = refusal, .peer = client.peer, .request = client.http.request(), .key = shown},
                           context_.now);
  refuse(client, api::problem_of(refusal));
}

void ApiDesk::refuse(ApiClient& client, const api::Problem& problem) {
  const std::string body = api::body_of(problem);
  respond(client,
          {.status = problem.status, .content_type = api::kProblemType, .body = body, .fields = problem.fields});
}

/// OPTIONS; also what a browser asks before it sends a page's request with a key (CORS-preflight in the Fetch
/// standard).
void ApiDesk::tell_methods(ApiClient& client, std::string_view methods) {
  http::Response response{.status = 204, .fields = {{"Allow", std::string(methods)}}};
  if (client.http.request().count("Access-Control-Request-Method") > 0 && allowed_origin(client)) {
    response.fields.push_back({"Access-Control-Allow-Methods", std::string(methods)});
    response.fields.push_back({"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key"});
    response.fields.push_back({"Access-Control-Max-Age", "600"});
  }
  respond(client, response);
}

/// Of the page that asks, if it is one that may. Whether a request is obeyed, its key decides: what is said here
/// decides whether a browser lets its page see the answer.
std::optional<std::string> ApiDesk::allowed_origin(const ApiClient& client) const {
  const http::Request& request = client.http.request();
  const std::string_view origin = request.value("Origin");
  if (request.count("Origin") != 1 || origin.empty() || !settings_.api_origins.allows(origin)) return std::nullopt;
  // What goes back is what an origin can be, whatever the list lets through ("*").
  if (origin != "null" && !session::OriginParts::parse(origin)) return std::nullopt;
  return std::string(origin);
}

void ApiDesk::respond(ApiClient& client, const http::Response& given) {
  http::Response response = given;
  if (!settings_.api_origins.empty()) {
    response.fields.push_back({"Vary", "Origin"});
    if (auto origin = allowed_origin(client)) {
      response.fields.push_back({"Access-Control-Allow-Origin", std::move(*origin)});
      response.fields.push_back({"Access-Control-Expose-Headers", "Retry-After"});
    }
  }
  stats_.requests[class_of(response.status)].add();
  requests_.forget(client);
  client.key.reset();
  client.http.answer(response, context_.now, context_.clock.unix_ms());
}

}  // namespace switchboard::shard
