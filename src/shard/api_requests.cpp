#include "shard/api_requests.h"

#include <algorithm>
#include <charconv>
#include <iterator>
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
  client.count = {};
  client.question = {};
  client.connections.reset();
  client.content.clear();
  client.rooms.reset();
}

/// Begins to ask every shard the same.
void ApiRequests::ask_all(ApiClient& client, SlotId id, AskedOfAll&& what) {
  client.doing = Doing::kAsking;
  client.question = {.asker = id, .request = client.request, .what = std::move(what)};
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
  client.content = std::move(batch.content);
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

void ApiRequests::begin(ApiClient& client, SlotId id, api::Disconnect&& wanted) {
  ask_all(client, id, CloseUser{std::move(wanted.user_id)});
}

void ApiRequests::begin(ApiClient& client, SlotId id, api::JoinUser&& wanted) {
  ask_all(
      client, id,
      MoveUser{.user_id = std::move(wanted.user_id), .room_id = std::move(wanted.room_id), .way = MoveUser::Way::kIn});
}

void ApiRequests::begin(ApiClient& client, SlotId id, api::LeaveUser&& wanted) {
  ask_all(
      client, id,
      MoveUser{.user_id = std::move(wanted.user_id), .room_id = std::move(wanted.room_id), .way = MoveUser::Way::kOut});
}

void ApiRequests::begin(ApiClient& client, SlotId id, api::ReadConnections&& wanted) {
  client.connections.emplace();
  client.connections_max = wanted.limit;
  ask_all(client, id, ListConnections{.user_id = std::move(wanted.user_id), .connections_max = wanted.limit});
}

void ApiRequests::begin(ApiClient& client, SlotId, api::ReadRooms&& wanted) {
  client.doing = Doing::kMerging;
  // What a key with a pattern is for begins with what stands before the pattern's first `*`: nothing else is looked at.
  const std::string_view own = client.key->room_prefix();
  const bool is_within = wanted.prefix.starts_with(own);
  if (!is_within && !own.starts_with(wanted.prefix)) return answers_.answer(client, api::rooms_answer({}, {}));
  client.rooms.emplace(shards_,
                       RoomsWish{.prefix = is_within ? std::move(wanted.prefix) : std::string(own),
                                 .after = std::move(wanted.after),
                                 .rooms_max = wanted.limit,
                                 .bytes_max = settings_.session.reply_bytes_max},
                       [key = client.key](std::string_view room_id) { return key->covers(room_id); });
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
  client.doing = Doing::kElsewhere;
  revoker_->revoke(revocation, {.shard = shard_, .client = id, .request = client.request});
}

void ApiRequests::begin(ApiClient& client, SlotId, api::ListWebhooks&&) {
  answers_.answer(client, webhooks_ == nullptr ? R"({"webhooks":[]})" : webhooks_->list());
}

void ApiRequests::begin(ApiClient& client, SlotId id, api::ControlWebhook&& wanted) {
  if (webhooks_ == nullptr) {
    return answers_.refuse(client, {.status = 404, .code = "not_found", .detail = "this server has no webhooks"});
  }
  client.doing = Doing::kElsewhere;
  webhooks_->control(wanted, {.shard = shard_, .client = id, .request = client.request});
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
      if (client.shards_asked == shards_ && client.shards_answered == shards_) {
        finish_asking(client);
        return true;
      }
      return ask_shards(client, id);
    case Doing::kMerging:
      return ask_for_rooms(client, id);
    case Doing::kElsewhere:
      return false;
  }
  return false;
}

/// There are further ones. A content for many is copied on its way to each of them: of it no more is under way than a
/// body may have, so that a request does not become a thousand times as large.
bool ApiRequests::may_hand_in(const ApiClient& client) const {
  if (client.handed_in == client.messages.size()) return false;
  const std::size_t under_way = client.handed_in - client.answered;
  return under_way == 0 || (under_way + 1) * client.content.size() <= settings_.api.body_bytes_max;
}

/// Some of its messages go to their homes. Their outcomes may come at once.
bool ApiRequests::hand_in(ApiClient& client, SlotId id) {
  bool has_handed_in = false;
  for (std::size_t n = 0; n < kMessagesPerTurn && may_hand_in(client); ++n) {
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
         .content = client.content.empty() ? message.content : client.content,
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
  const bool is_last = ++client->answered == client->messages.size();
  if (is_last || client->handed_in < client->messages.size()) answers_.wake(outcome.connection);
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

/// Each shard once, this one by a call. It may be answered in between.
bool ApiRequests::ask_shards(ApiClient& client, SlotId id) {
  if (client.shards_asked == shards_) return false;
  ApiQuestion question = client.question;
  if (!homes_.ask(client.shards_asked, std::move(question))) {
    answers_.stall(id);
    return false;
  }
  ++client.shards_asked;
  return true;
}

void ApiRequests::finish_asking(ApiClient& client) {
  if (client.connections) return finish_connections(client);
  std::string body = R"({"connections":)" + std::to_string(client.count.connections);
  const auto* const move = std::get_if<MoveUser>(&client.question.what);
  if (move != nullptr && move->way == MoveUser::Way::kIn)
    body += R"(,"refused":)" + std::to_string(client.count.refused);
  answers_.answer(client, body + "}");
}

void ApiRequests::finish_connections(ApiClient& client) {
  std::vector<api::ConnectionInfo> list;
  list.reserve(client.connections->connections.size());
  for (const ListedConnection& each : client.connections->connections) {
    list.push_back({.connection_id = each.connection_id,
                    .address = each.address,
                    .since = each.since,
                    .listener = each.listener,
                    .rooms = each.rooms});
  }
  answers_.answer(client, api::connections_answer(list, client.connections->more));
}

/// Of one shard the next few, this one by a call.
bool ApiRequests::ask_for_rooms(ApiClient& client, SlotId id) {
  RoomMerge& rooms = *client.rooms;
  if (rooms.is_done()) {
    finish_rooms(client);
    return true;
  }
  const auto shard = rooms.shard_to_ask();
  if (!shard) return false;
  if (!homes_.is_here(*shard) && !homes_.has_room(*shard)) {
    answers_.stall(id);
    return false;
  }
  rooms.note_asked(*shard);  // it may be answered before `ask` returns
  const bool is_asked =
      homes_.ask(*shard, {.asker = id, .request = client.request, .what = rooms.question_for(*shard)});
  SB_ASSERT(is_asked);
  return true;
}

void ApiRequests::finish_rooms(ApiClient& client) {
  std::vector<api::RoomCount> rooms;
  rooms.reserve(client.rooms->rooms().size());
  for (const ListedRoom& room : client.rooms->rooms())
    rooms.push_back({.room_id = room.room_id, .connections = room.connections});
  answers_.answer(client, api::rooms_answer(rooms, client.rooms->next()));
}

/// Not more of them are held than are wanted.
void ApiRequests::take(ApiClient& client, ConnectionsFound&& found) {
  ConnectionsFound& all = *client.connections;
  const std::size_t room = client.connections_max - all.connections.size();
  all.more = all.more || found.more || found.connections.size() > room;
  found.connections.resize(std::min(found.connections.size(), room));
  std::ranges::move(found.connections, std::back_inserter(all.connections));
}

void ApiRequests::on_found(ApiFinding&& finding) {
  ApiClient* const client = answers_.find_client(finding.asker);
  if (client == nullptr || client->request != finding.request) return;
  if (auto* rooms = std::get_if<RoomsFound>(&finding.what)) {
    if (client->doing != Doing::kMerging) return;
    client->rooms->take(finding.shard, std::move(*rooms));
  } else {
    if (client->doing != Doing::kAsking) return;
    ++client->shards_answered;
    if (const auto* count = std::get_if<ConnectionCount>(&finding.what)) {
      client->count.connections += count->connections;
      client->count.refused += count->refused;
    }
    if (auto* found = std::get_if<ConnectionsFound>(&finding.what)) take(*client, std::move(*found));
  }
  answers_.wake(finding.asker);
}

void ApiRequests::on_done(SlotId asker, std::uint64_t request,
                          const std::expected<std::string, api::Problem>& outcome) {
  ApiClient* const client = answers_.find_client(asker);
  if (client == nullptr || client->doing != Doing::kElsewhere || client->request != request) return;
  outcome ? answers_.answer(*client, *outcome) : answers_.refuse(*client, outcome.error());
  answers_.wake(asker);
}

}  // namespace switchboard::shard
