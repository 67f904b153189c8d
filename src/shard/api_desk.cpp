#include "shard/api_desk.h"

#include <array>
#include <charconv>
#include <utility>
#include <variant>

#include "api/openapi.h"
#include "api/problem.h"
#include "base/assert.h"
#include "protocol/command.h"
#include "shard/failure_code.h"

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
constexpr Duration kLookInterval = std::chrono::milliseconds(250);
constexpr std::size_t kReadBytes = 16'384;
// So much is done for one connection before the others have their turn.
constexpr std::size_t kStepsPerTurn = 16;
constexpr std::size_t kMessagesPerTurn = 64;

/// What an outcome is matched by: which message of which request.
std::string command_id_of(std::uint64_t request, std::size_t index) {
  return std::to_string(request) + "." + std::to_string(index);
}

struct MessagePlace {
  std::uint64_t request = 0;
  std::size_t index = 0;
};
MessagePlace place_of(std::string_view command_id) {
  MessagePlace place;
  const char* const end = command_id.data() + command_id.size();
  const auto request = std::from_chars(command_id.data(), end, place.request);
  SB_ASSERT(request.ec == std::errc{} && request.ptr != end && *request.ptr == '.');
  const auto index = std::from_chars(request.ptr + 1, end, place.index);
  SB_ASSERT(index.ec == std::errc{} && index.ptr == end);
  return place;
}

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
      if (client->page_ticket != 0) pages_.erase(client->page_ticket);
      clients_.erase(id);
      stats_.connections.sub();
    }
    if (clock.now() >= until) break;
  }
}

/// Some steps for one connection. True when there is more to do at once.
bool ApiDesk::serve(ApiClient& client, SlotId id) {
  for (std::size_t step = 0; step < kStepsPerTurn; ++step) {
    if (is_draining_ && client.http.phase() == Phase::kIdle && client.http.outbox().empty()) client.has_failed = true;
    if (client.has_failed || client.http.is_over()) return false;
    if (!write(client) && !take_request(client, id) && !go_on(client, id) && !read(client)) return false;
  }
  return true;
}

/// Deadlines are looked at now and then, all of them: they are seconds, and there are not many connections.
void ApiDesk::look_at_times() {
  next_look_ = context_.now + kLookInterval;
  const Duration timeout = std::chrono::milliseconds(settings_.api.answer_timeout_ms);
  clients_.for_each([&](SlotId id, ApiClient& client) {
    if (client.doing != Doing::kNothing && context_.now - client.asked_at >= timeout) {
      refuse(client, api::problem_of(ErrorCode::kUnavailable));
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
    case net::IoStatus::kWouldBlock:
    case net::IoStatus::kHeld:
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
  const std::string_view bytes = client.http.outbox();
  if (bytes.empty()) {
    if (client.http.wants_finish() && !std::exchange(client.has_finished, true)) client.transport->finish_writing();
    return false;
  }
  net::IoResult result = client.transport->flush();
  if (result.status == net::IoStatus::kOk) result = client.transport->write(bytes);
  if (result.status == net::IoStatus::kFailed) {
    client.has_failed = true;
    return false;
  }
  if (result.bytes > 0) client.http.consume(result.bytes, context_.now, context_.clock.unix_ms());
  return result.bytes > 0 && result.status == net::IoStatus::kOk;
}

// --- requests --------------------------------------------------------------------------------------------------------

const api::Key* ApiDesk::key_of(const ApiClient& client) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view value = client.http.request().value("Authorization");
  if (settings_.api.keys == nullptr || client.http.request().count("Authorization") != 1) return nullptr;
  if (value.size() < kScheme.size()) return nullptr;
  if (!http::equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return nullptr;
  return settings_.api.keys->find(value.substr(kScheme.size()));
}

/// Before anything of the body is read.
std::optional<api::Problem> ApiDesk::refusal_of(const ApiClient& client, const api::Target& target) const {
  const auto scope = api::scope_of(target.route);
  if (!scope) return std::nullopt;
  const api::Key* const key = key_of(client);
  if (key == nullptr) {
    return api::Problem{.status = 401,
                        .code = "unauthorized",
                        .detail = "a key is wanted: Authorization: Bearer KEY, one of api.keys",
                        .fields = {{"WWW-Authenticate", "Bearer realm=\"switchboard\""}}};
  }
  if (!key->may(*scope)) {
    return api::Problem{.status = 403, .code = "forbidden", .detail = "this key is not for that (its scopes)"};
  }
  return std::nullopt;
}

/// What can only be said once it is known which rooms are meant.
std::optional<api::Problem> ApiDesk::refusal_of(const ApiClient& client, const api::Operation& operation) const {
  const api::Key* const key = key_of(client);
  const auto outside = [&](std::string_view room_id) { return key != nullptr && !key->covers(room_id); };
  bool is_outside = false;
  if (const auto* one = std::get_if<api::PublishOne>(&operation)) is_outside = outside(one->message.room_id);
  if (const auto* history = std::get_if<api::ReadHistory>(&operation)) is_outside = outside(history->room_id);
  if (const auto* presence = std::get_if<api::ReadPresence>(&operation)) {
    is_outside = outside(presence->room_id);
    if (!is_outside && !settings_.rooms.of(presence->room_id).presence) {
      return api::Problem{.status = 403, .code = "forbidden", .detail = "who is in this room is not told (presence)"};
    }
  }
  if (const auto* batch = std::get_if<api::PublishBatch>(&operation)) {
    for (const api::Message& message : batch->messages)
      is_outside = is_outside || outside(message.room_id);
  }
  if (!is_outside) return std::nullopt;
  return api::Problem{.status = 403, .code = "forbidden", .detail = "this key is not for that room (its pattern)"};
}

/// True when there was one.
bool ApiDesk::take_request(ApiClient& client, SlotId id) {
  const Phase phase = client.http.phase();
  if (client.doing != Doing::kNothing || (phase != Phase::kDecide && phase != Phase::kRequest)) return false;
  const http::Request& request = client.http.request();
  if (request.method == "OPTIONS") {
    const std::string_view methods = request.target == "*" ? "GET, HEAD, POST, OPTIONS" : api::methods_at(request);
    if (!methods.empty()) {
      respond(client, {.status = 204, .fields = {{"Allow", std::string(methods)}}});
      return true;
    }
  }
  const auto target = api::target_of(request);
  if (!target) {
    refuse(client, target.error());
  } else if (const auto problem = refusal_of(client, *target)) {
    refuse(client, *problem);
  } else if (phase == Phase::kDecide) {
    client.http.take_body(settings_.api.body_bytes_max, context_.now, context_.clock.unix_ms());
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
  if (const auto problem = refusal_of(client, *operation)) return refuse(client, *problem);
  ++client.request;
  client.asked_at = context_.now;
  std::visit([&](auto& what) { begin(client, id, std::move(what)); }, *operation);
}

void ApiDesk::begin(ApiClient& client, SlotId, api::PublishOne&& one) {
  client.doing = Doing::kPublishing;
  client.is_batch = false;
  client.messages.push_back(std::move(one.message));
  client.outcomes.resize(1);
}

void ApiDesk::begin(ApiClient& client, SlotId, api::PublishBatch&& batch) {
  client.doing = Doing::kPublishing;
  client.is_batch = true;
  client.messages = std::move(batch.messages);
  client.outcomes.resize(client.messages.size());
}

void ApiDesk::begin(ApiClient& client, SlotId id, api::ReadHistory&& wanted) {
  if (!settings_.rooms.of(wanted.room_id).history) {
    return refuse(client, api::problem_of(ErrorCode::kHistoryUnavailable));
  }
  client.doing = Doing::kReading;
  client.name = std::move(wanted.room_id);
  protocol::History query{.room_id = client.name, .before = wanted.before, .after = wanted.after};
  query.limit = wanted.limit;
  client.history.emplace(HistoryQuery::Asker{.client = id, .view = {}, .format = wire::Format::kJson}, query, "", "",
                         protocol::kSeqMax, settings_.session.reply_bytes_max);
}

void ApiDesk::begin(ApiClient& client, SlotId, api::ReadPresence&& wanted) {
  client.doing = Doing::kListing;
  client.name = wanted.room_id;
  client.presence = std::move(wanted);
}

void ApiDesk::begin(ApiClient& client, SlotId, api::Disconnect&& wanted) {
  client.doing = Doing::kAsking;
  client.name = std::move(wanted.user_id);
}

void ApiDesk::begin(ApiClient& client, SlotId id, api::Revoke&& wanted) {
  if (revoker_ == nullptr || context_.settings.auth == nullptr) {
    return refuse(client, {.status = 404, .code = "not_found", .detail = "this server takes no tokens (auth)"});
  }
  const UnixMillis now = context_.clock.unix_ms();
  client.doing = Doing::kRevoking;
  revoker_->revoke({.user_id = std::move(wanted.user_id),
                    .token_id = std::move(wanted.token_id),
                    .issued_before = wanted.issued_before.value_or(now),
                    .until = now + settings_.api.revocation_ms},
                   {.shard = shard_, .client = id, .request = client.request});
}

void ApiDesk::begin(ApiClient& client, SlotId, api::ServerInfo&&) {
  std::string body = R"({"server":")" + context_.server_name + R"(","shards":)" + std::to_string(shards_) + "}";
  answer(client, std::move(body));
}

void ApiDesk::begin(ApiClient& client, SlotId, api::OpenApi&&) {
  respond(client, {.status = 200, .content_type = "application/json", .body = api::openapi_document()});
}

// --- what a request waits for ----------------------------------------------------------------------------------------

/// True when something was done for it.
bool ApiDesk::go_on(ApiClient& client, SlotId id) {
  switch (client.doing) {
    case Doing::kNothing:
      return false;
    case Doing::kPublishing:
      if (client.answered == client.messages.size()) {
        finish_publishing(client);
        return true;
      }
      return hand_in(client, id);
    case Doing::kReading:
      return client.page_ticket == 0 && ask_for_page(client, id);
    case Doing::kListing:
      return client.shards_asked == 0 && ask_for_list(client, id);
    case Doing::kAsking:
      return ask_shards(client, id);
    case Doing::kRevoking:
      return false;
  }
  return false;
}

/// Some of its messages go to their homes. Their outcomes may come at once.
bool ApiDesk::hand_in(ApiClient& client, SlotId id) {
  bool has_handed_in = false;
  for (std::size_t n = 0; n < kMessagesPerTurn && client.handed_in < client.messages.size(); ++n) {
    const api::Message& message = client.messages[client.handed_in];
    const std::uint32_t home = homes_.of(message.room_id);
    if (!homes_.may_publish_now(home)) {
      if (!std::exchange(client.is_stalled, true)) stalled_.push_back(id);
      return has_handed_in;
    }
    const std::string command_id = command_id_of(client.request, client.handed_in);
    ++client.handed_in;
    has_handed_in = true;
    stats_.publishes.add();
    homes_.publish(
        home, {},
        {.room_id = message.room_id,
         .content = message.content,
         .sender = message.sender,
         .to = {},
         .dedup = message.dedup,
         .command_id = command_id,
         .origin = {.shard = shard_, .connection = id, .wants_ack = true, .kind = broker::Origin::Kind::kApi}});
  }
  return has_handed_in;
}

void ApiDesk::on_published(const PublishOutcome& outcome) {
  ApiClient* const client = clients_.find(outcome.connection);
  if (client == nullptr || !outcome.is_told) return;
  const MessagePlace place = place_of(outcome.command_id);
  if (client->doing != Doing::kPublishing || place.request != client->request) return;  // it was told `unavailable`
  client->outcomes.at(place.index) = {.refusal = outcome.refusal,
                                      .seq = outcome.seq,
                                      .epoch = std::string(outcome.epoch),
                                      .ts = outcome.ts,
                                      .is_duplicate = outcome.is_duplicate};
  if (++client->answered == client->messages.size()) wake(outcome.connection);
}

void ApiDesk::finish_publishing(ApiClient& client) {
  if (client.is_batch) return answer(client, api::batch_answer(client.outcomes));
  const api::Outcome& outcome = client.outcomes.front();
  if (outcome.refusal) return refuse(client, api::problem_of(*outcome.refusal));
  std::string body;
  api::append_outcome(body, outcome);
  answer(client, std::move(body));
}

bool ApiDesk::ask_for_page(ApiClient& client, SlotId id) {
  const auto range = client.history->next_range();
  if (!range) {
    finish_reading(client);
    return true;
  }
  const std::uint64_t ticket = ++last_ticket_;
  client.page_ticket = ticket;
  pages_[ticket] = id;
  const std::uint32_t home = homes_.of(client.name);
  const bool is_sent = homes_.read(home, {.home_room = {},
                                          .room_id = client.name,
                                          .wish = {.range = *range, .format = wire::Format::kJson},
                                          .ticket = {PageTicket::For::kApi, ticket}});
  if (is_sent) return false;  // it comes by `on_page`
  pages_.erase(ticket);
  client.page_ticket = 0;
  if (!std::exchange(client.is_stalled, true)) stalled_.push_back(id);
  return false;
}

void ApiDesk::on_page(std::uint64_t ticket, const wire::PageOrError& page) {
  const auto found = pages_.find(ticket);
  if (found == pages_.end()) return;  // nobody waits any more
  const SlotId id = found->second;
  pages_.erase(found);
  ApiClient* const client = clients_.find(id);
  if (client == nullptr || client->page_ticket != ticket) return;
  client->page_ticket = 0;
  if (page) {
    if (client->history_epoch.empty()) client->history_epoch = (*page)->epoch;
    client->history->take(*page);
  } else {
    refuse(*client, api::problem_of(code_of(page.error())));
  }
  wake(id);
}

void ApiDesk::finish_reading(ApiClient& client) {
  protocol::HistoryPage page = client.history->answer(client.name);
  if (page.epoch.empty()) page.epoch = client.history_epoch;
  answer(client, api::history_answer(page));
}

bool ApiDesk::ask_for_list(ApiClient& client, SlotId id) {
  const std::uint32_t home = homes_.of(client.name);
  if (!homes_.has_room(home)) {
    if (!std::exchange(client.is_stalled, true)) stalled_.push_back(id);
    return false;
  }
  client.shards_asked = 1;
  homes_.list_users(home, {.home_room = {},
                           .room_id = client.name,
                           .asker = PresenceAsker::kApi,
                           .connection = id,
                           .command_id = std::to_string(client.request),
                           .after = client.presence.next,
                           .users_max = client.presence.limit,
                           .bytes_max = settings_.session.reply_bytes_max});
  return false;
}

void ApiDesk::on_presence_list(const PresenceListResult& list) {
  ApiClient* const client = clients_.find(list.connection);
  if (client == nullptr || client->doing != Doing::kListing) return;
  if (list.command_id != std::to_string(client->request)) return;
  if (list.is_refused) {
    refuse(*client, api::problem_of(list.refusal));
  } else {
    std::vector<protocol::PresentUser> users;
    users.reserve(list.users.size());
    for (const ListedUser& user : list.users)
      users.push_back({.user_id = user.user_id, .connections = user.connections, .info = user.info});
    answer(*client, api::presence_answer(
                        {.room_id = client->name, .id = {}, .count = list.count, .users = users, .next = list.next}));
  }
  wake(list.connection);
}

/// All shards are asked to close the user's connections, this one by a call.
bool ApiDesk::ask_shards(ApiClient& client, SlotId id) {
  if (client.shards_asked < shards_) {
    const std::uint32_t shard = client.shards_asked;
    if (shard == shard_) {
      client.count += users_.disconnect(client.name);
      ++client.shards_answered;
    } else if (!homes_.disconnect(shard, {.user_id = client.name, .asker = id, .request = client.request})) {
      if (!std::exchange(client.is_stalled, true)) stalled_.push_back(id);
      return false;
    }
    ++client.shards_asked;
    return true;
  }
  if (client.shards_answered < shards_) return false;
  answer(client, R"({"connections":)" + std::to_string(client.count) + "}");
  return true;
}

void ApiDesk::on_disconnected(const DisconnectResult& result) {
  ApiClient* const client = clients_.find(result.asker);
  if (client == nullptr || client->doing != Doing::kAsking || client->request != result.request) return;
  client->count += result.connections;
  ++client->shards_answered;
  wake(result.asker);
}

void ApiDesk::on_revoked(SlotId asker, std::uint64_t request, const std::expected<std::uint64_t, ErrorCode>& closed) {
  ApiClient* const client = clients_.find(asker);
  if (client == nullptr || client->doing != Doing::kRevoking || client->request != request) return;
  if (closed) {
    answer(*client, R"({"connections":)" + std::to_string(*closed) + "}");
  } else {
    refuse(*client, api::problem_of(closed.error()));
  }
  wake(asker);
}

// --- answers ---------------------------------------------------------------------------------------------------------

void ApiDesk::answer(ApiClient& client, std::string body) {
  respond(client, {.status = 200, .content_type = "application/json", .body = body});
}

void ApiDesk::refuse(ApiClient& client, const api::Problem& problem) {
  const std::string body = api::body_of(problem);
  respond(client,
          {.status = problem.status, .content_type = api::kProblemType, .body = body, .fields = problem.fields});
}

void ApiDesk::respond(ApiClient& client, const http::Response& response) {
  stats_.requests[class_of(response.status)].add();
  forget_request(client);
  client.http.answer(response, context_.now, context_.clock.unix_ms());
}

/// What is still to come of it is of an earlier request.
void ApiDesk::forget_request(ApiClient& client) {
  client.doing = Doing::kNothing;
  if (client.page_ticket != 0) pages_.erase(std::exchange(client.page_ticket, 0));
  client.messages.clear();
  client.outcomes.clear();
  client.handed_in = client.answered = 0;
  client.history.reset();
  client.history_epoch.clear();
  client.shards_asked = client.shards_answered = 0;
  client.count = 0;
}

}  // namespace switchboard::shard
