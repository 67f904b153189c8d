#include "shard/api_requests.h"

#include <charconv>
#include <utility>
#include <variant>

#include "api/openapi.h"
#include "base/assert.h"
#include "protocol/command.h"
#include "shard/failure_code.h"

namespace switchboard::shard {
namespace {

using Doing = ApiClient::Doing;
using protocol::ErrorCode;

// So many are handed in before the others have their turn.
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

}  // namespace

void ApiRequests::begin(ApiClient& client, SlotId id, api::Operation&& operation) {
  ++client.request;
  client.asked_at = context_.now;
  std::visit([&](auto& what) { begin(client, id, std::move(what)); }, operation);
}

void ApiRequests::forget(ApiClient& client) {
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

void ApiRequests::begin(ApiClient& client, SlotId, api::PublishOne&& one) {
  client.doing = Doing::kPublishing;
  client.is_batch = false;
  client.messages.push_back(std::move(one.message));
  client.outcomes.resize(1);
}

void ApiRequests::begin(ApiClient& client, SlotId, api::PublishBatch&& batch) {
  client.doing = Doing::kPublishing;
  client.is_batch = true;
  client.messages = std::move(batch.messages);
  client.outcomes.resize(client.messages.size());
}

void ApiRequests::begin(ApiClient& client, SlotId id, api::ReadHistory&& wanted) {
  if (!settings_.rooms.of(wanted.room_id).history) {
    return answers_.refuse(client, api::problem_of(ErrorCode::kHistoryUnavailable));
  }
  client.doing = Doing::kReading;
  client.name = std::move(wanted.room_id);
  protocol::History query{.room_id = client.name, .before = wanted.before, .after = wanted.after};
  query.limit = wanted.limit;
  client.history.emplace(HistoryQuery::Asker{.client = id, .view = {}, .format = wire::Format::kJson}, query, "", "",
                         protocol::kSeqMax, settings_.session.reply_bytes_max);
}

void ApiRequests::begin(ApiClient& client, SlotId, api::ReadPresence&& wanted) {
  client.doing = Doing::kListing;
  client.name = wanted.room_id;
  client.presence = std::move(wanted);
}

void ApiRequests::begin(ApiClient& client, SlotId, api::Disconnect&& wanted) {
  client.doing = Doing::kAsking;
  client.name = std::move(wanted.user_id);
}

void ApiRequests::begin(ApiClient& client, SlotId id, api::Revoke&& wanted) {
  begin_revoking(client, id,
                 {.user_id = std::move(wanted.user_id),
                  .token_id = std::move(wanted.token_id),
                  .issued_before = wanted.issued_before.value_or(context_.clock.unix_ms())});
}

void ApiRequests::begin(ApiClient& client, SlotId id, api::RevokeRoom&& wanted) {
  begin_revoking(client, id,
                 {.room_id = std::move(wanted.room_id),
                  .user_id = std::move(wanted.user_id),
                  .issued_before = context_.clock.unix_ms()});
}

void ApiRequests::begin_revoking(ApiClient& client, SlotId id, auth::Revocation revocation) {
  if (revoker_ == nullptr || context_.settings.auth == nullptr) {
    return answers_.refuse(client,
                           {.status = 404, .code = "not_found", .detail = "this server takes no tokens (auth)"});
  }
  revocation.until = context_.clock.unix_ms() + settings_.api.revocation_ms;
  client.doing = Doing::kRevoking;
  revoker_->revoke(revocation, {.shard = shard_, .client = id, .request = client.request});
}

void ApiRequests::begin(ApiClient& client, SlotId, api::ServerInfo&&) {
  std::string body = R"({"server":")" + context_.server_name + R"(","shards":)" + std::to_string(shards_) + "}";
  answers_.answer(client, std::move(body));
}

void ApiRequests::begin(ApiClient& client, SlotId, api::OpenApi&&) {
  answers_.respond(client, {.status = 200, .content_type = "application/json", .body = api::openapi_document()});
}

/// True when something was done for it.
bool ApiRequests::go_on(ApiClient& client, SlotId id) {
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
bool ApiRequests::hand_in(ApiClient& client, SlotId id) {
  bool has_handed_in = false;
  for (std::size_t n = 0; n < kMessagesPerTurn && client.handed_in < client.messages.size(); ++n) {
    const api::Message& message = client.messages[client.handed_in];
    const std::uint32_t home = homes_.of(message.room_id);
    if (!homes_.may_publish_now(home)) {
      answers_.stall(id);
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

void ApiRequests::on_published(const PublishOutcome& outcome) {
  ApiClient* const client = answers_.find_client(outcome.connection);
  if (client == nullptr || !outcome.is_told) return;
  const MessagePlace place = place_of(outcome.command_id);
  if (client->doing != Doing::kPublishing || place.request != client->request) return;  // it was told `unavailable`
  client->outcomes.at(place.index) = {.refusal = outcome.refusal,
                                      .seq = outcome.seq,
                                      .epoch = std::string(outcome.epoch),
                                      .ts = outcome.ts,
                                      .is_duplicate = outcome.is_duplicate};
  if (++client->answered == client->messages.size()) answers_.wake(outcome.connection);
}

void ApiRequests::finish_publishing(ApiClient& client) {
  if (client.is_batch) return answers_.answer(client, api::batch_answer(client.outcomes));
  const api::Outcome& outcome = client.outcomes.front();
  if (outcome.refusal) return answers_.refuse(client, api::problem_of(*outcome.refusal));
  std::string body;
  api::append_outcome(body, outcome);
  answers_.answer(client, std::move(body));
}

bool ApiRequests::ask_for_page(ApiClient& client, SlotId id) {
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
  answers_.stall(id);
  return false;
}

void ApiRequests::on_page(std::uint64_t ticket, const wire::PageOrError& page) {
  const auto found = pages_.find(ticket);
  if (found == pages_.end()) return;  // nobody waits any more
  const SlotId id = found->second;
  pages_.erase(found);
  ApiClient* const client = answers_.find_client(id);
  if (client == nullptr || client->page_ticket != ticket) return;
  client->page_ticket = 0;
  if (page) {
    if (client->history_epoch.empty()) client->history_epoch = (*page)->epoch;
    client->history->take(*page);
  } else {
    answers_.refuse(*client, api::problem_of(code_of(page.error())));
  }
  answers_.wake(id);
}

void ApiRequests::finish_reading(ApiClient& client) {
  protocol::HistoryPage page = client.history->answer(client.name);
  if (page.epoch.empty()) page.epoch = client.history_epoch;
  answers_.answer(client, api::history_answer(page));
}

bool ApiRequests::ask_for_list(ApiClient& client, SlotId id) {
  const std::uint32_t home = homes_.of(client.name);
  if (!homes_.has_room(home)) {
    answers_.stall(id);
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

void ApiRequests::on_presence_list(const PresenceListResult& list) {
  ApiClient* const client = answers_.find_client(list.connection);
  if (client == nullptr || client->doing != Doing::kListing) return;
  if (list.command_id != std::to_string(client->request)) return;
  if (list.is_refused) {
    answers_.refuse(*client, api::problem_of(list.refusal));
  } else {
    std::vector<protocol::PresentUser> users;
    users.reserve(list.users.size());
    for (const ListedUser& user : list.users)
      users.push_back({.user_id = user.user_id, .connections = user.connections, .info = user.info});
    answers_.answer(*client,
                    api::presence_answer(
                        {.room_id = client->name, .id = {}, .count = list.count, .users = users, .next = list.next}));
  }
  answers_.wake(list.connection);
}

/// All shards are asked to close the user's connections, this one by a call.
bool ApiRequests::ask_shards(ApiClient& client, SlotId id) {
  if (client.shards_asked < shards_) {
    const std::uint32_t shard = client.shards_asked;
    if (shard == shard_) {
      client.count += users_.disconnect(client.name);
      ++client.shards_answered;
    } else if (!homes_.disconnect(shard, {.user_id = client.name, .asker = id, .request = client.request})) {
      answers_.stall(id);
      return false;
    }
    ++client.shards_asked;
    return true;
  }
  if (client.shards_answered < shards_) return false;
  answers_.answer(client, R"({"connections":)" + std::to_string(client.count) + "}");
  return true;
}

void ApiRequests::on_disconnected(const DisconnectResult& result) {
  ApiClient* const client = answers_.find_client(result.asker);
  if (client == nullptr || client->doing != Doing::kAsking || client->request != result.request) return;
  client->count += result.connections;
  ++client->shards_answered;
  answers_.wake(result.asker);
}

void ApiRequests::on_revoked(SlotId asker, std::uint64_t request,
                             const std::expected<std::uint64_t, ErrorCode>& closed) {
  ApiClient* const client = answers_.find_client(asker);
  if (client == nullptr || client->doing != Doing::kRevoking || client->request != request) return;
  if (closed) {
    answers_.answer(*client, R"({"connections":)" + std::to_string(*closed) + "}");
  } else {
    api::Problem problem = api::problem_of(closed.error());
    problem.detail = closed.error() == ErrorCode::kLimitReached ? "there are as many revocations as may be"
                                                                : "the revocation cannot be kept: see the server's log";
    answers_.refuse(*client, problem);
  }
  answers_.wake(asker);
}

}  // namespace switchboard::shard
