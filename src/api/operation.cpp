#include "api/operation.h"

#include <algorithm>
#include <utility>

#include "api/name_check.h"
#include "api/query.h"
#include "auth/json_members.h"
#include "http/visible_text.h"
#include "protocol/command.h"
#include "protocol/field_value.h"
#include "protocol/user_room.h"

namespace switchboard::api {
namespace {

constexpr std::uint64_t kRoomsMax = 1'000;  // in one list
constexpr std::uint64_t kConnectionsMax = 1'000;

bool has_parameters(Route route) {
  return route == Route::kHistory || route == Route::kPresence || route == Route::kRooms ||
         route == Route::kConnections;
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return content_type.empty() || http::equals_ignoring_case(type, "application/json");
}

// --- the query -----------------------------------------------------------------------------------------------------

std::expected<Operation, Problem> read_history(const Target& target, const http::Request& request) {
  ReadHistory history{.room_id = target.name, .before = {}, .after = {}};
  auto problem = QueryReader(request.target).each([&](const std::string& name, const std::string& value) {
    std::uint64_t number = 0;
    const bool is_limit = name == "limit";
    if (!is_limit && name != "before" && name != "after") {
      return std::optional(http::visible_text(name, 40) + " is not known; there are before, after and limit");
    }
    auto wrong = is_limit ? take_number(name, value, 1, protocol::kHistoryMessagesMax, number)
                          : take_number(name, value, name == "before" ? 1 : 0, protocol::kSeqMax.value, number);
    if (is_limit) history.limit = static_cast<std::uint32_t>(number);
    if (name == "before") history.before = Seq{number};
    if (name == "after") history.after = Seq{number};
    return wrong;
  });
  if (!problem && history.before && history.after) problem = "`before` and `after` cannot go together";
  if (problem) return bad_request(*problem);
  return history;
}

std::expected<Operation, Problem> read_presence(const Target& target, const http::Request& request) {
  ReadPresence presence{.room_id = target.name, .next = {}};
  const auto problem = QueryReader(request.target).each([&](const std::string& name, const std::string& value) {
    std::uint64_t number = 0;
    if (name == "next") {
      presence.next = value;
      std::string wrong = is_utf8(value) ? problem_with_name(value, "`next`") : "`next` is not UTF-8";
      return wrong.empty() ? std::nullopt : std::optional(wrong);
    }
    if (name != "limit") return std::optional(http::visible_text(name, 40) + " is not known; there are limit and next");
    auto wrong = take_number(name, value, 1, protocol::kPresenceUsersMax, number);
    presence.limit = static_cast<std::uint32_t>(number);
    return wrong;
  });
  if (problem) return bad_request(*problem);
  return presence;
}

std::expected<Operation, Problem> read_connections(const Target& target, const http::Request& request) {
  ReadConnections connections{.user_id = target.name};
  const auto problem = QueryReader(request.target).each([&](const std::string& name, const std::string& value) {
    if (name != "limit") return std::optional(http::visible_text(name, 40) + " is not known; there is limit");
    std::uint64_t number = 0;
    auto wrong = take_number(name, value, 1, kConnectionsMax, number);
    connections.limit = static_cast<std::uint32_t>(number);
    return wrong;
  });
  if (problem) return bad_request(*problem);
  return connections;
}

std::expected<Operation, Problem> read_rooms(const http::Request& request) {
  ReadRooms rooms;
  const auto problem = QueryReader(request.target).each([&](const std::string& name, const std::string& value) {
    if (name == "limit") {
      std::uint64_t number = 0;
      auto wrong = take_number(name, value, 1, kRoomsMax, number);
      rooms.limit = static_cast<std::uint32_t>(number);
      return wrong;
    }
    if (name != "prefix" && name != "after") {
      return std::optional(http::visible_text(name, 40) + " is not known; there are prefix, after and limit");
    }
    (name == "prefix" ? rooms.prefix : rooms.after) = value;
    const std::string what = "`" + name + "`";
    std::string wrong = is_utf8(value) ? problem_with_room(value, what) : what + " is not UTF-8";
    return wrong.empty() ? std::nullopt : std::optional(wrong);
  });
  if (problem) return bad_request(*problem);
  return rooms;
}

/// Of what has no parameters.
std::optional<Problem> refuse_parameters(const http::Request& request) {
  const auto problem = QueryReader(request.target).each([](const std::string& name, const std::string&) {
    return std::optional(http::visible_text(name, 40) + " is not known; there are no parameters here");
  });
  return problem ? std::optional(Problem{.detail = *problem}) : std::nullopt;
}

/// The body may be left out: then it is everything that is kept.
std::expected<Operation, Problem> read_replay(const Target& target, std::string_view body) {
  ControlWebhook replay{.name = target.name, .action = ControlWebhook::Action::kReplay};
  if (body.empty()) return replay;
  const auto members = auth::JsonMembers::read(body);
  if (!members) return bad_request("the body " + members.error());
  for (const auto& [name, value] : members->all()) {
    std::uint64_t number = 0;
    constexpr std::uint64_t kMax = 1ull << 53;
    if (name != "since_ms") return bad_request(http::visible_text(name, 40) + " is not known; there is since_ms");
    if (auto wrong = take_number("since_ms", value, 0, kMax, number)) return bad_request(*wrong);
    replay.since = static_cast<UnixMillis>(number);
  }
  return replay;
}

/// {"room_id":...}.
std::expected<std::string, Problem> read_room(std::string_view body) {
  const auto members = auth::JsonMembers::read(body);
  if (!members) return bad_request("the body " + members.error());
  if (!members->has("room_id") || members->all().size() != 1) {
    return bad_request("the body must be an object with `room_id`, and nothing else");
  }
  auto room_id = members->text("room_id");
  if (!room_id) return bad_request("`room_id` must be a string");
  const std::string problem = problem_with_room(*room_id, "`room_id`");
  if (!problem.empty()) return bad_request(problem);
  return std::move(*room_id);
}

/// The body may be left out.
std::expected<Operation, Problem> read_revoke(const Target& target, std::string_view body) {
  Revoke revoke{.user_id = target.name, .token_id = {}, .issued_before = {}};
  if (body.empty()) return revoke;
  const auto members = auth::JsonMembers::read(body);
  if (!members) return bad_request("the body " + members.error());
  for (const auto& [name, value] : members->all()) {
    if (name != "token_id" && name != "issued_before_ms") {
      return bad_request(http::visible_text(name, 40) + " is not known; there are token_id and issued_before_ms");
    }
  }
  if (members->all().size() > 1) return bad_request("`token_id` and `issued_before_ms` cannot go together");
  if (members->has("token_id")) {
    auto token_id = members->text("token_id");
    if (!token_id || token_id->empty() || token_id->size() > protocol::kNameBytesMax) {
      return bad_request("`token_id` must be a string of 1 to 255 bytes");
    }
    revoke.token_id = std::move(*token_id);
  }
  if (members->has("issued_before_ms")) {
    std::uint64_t number = 0;
    constexpr std::uint64_t kMax = 1ull << 53;
    if (auto wrong = take_number("issued_before_ms", (*members)["issued_before_ms"], 0, kMax, number)) {
      return bad_request(*wrong);
    }
    revoke.issued_before = static_cast<UnixMillis>(number);
  }
  return revoke;
}

/// The body may be left out.
std::expected<Operation, Problem> read_revoke_room(const Target& target, std::string_view body) {
  RevokeRoom revoke{.room_id = target.name, .user_id = {}};
  if (body.empty()) return revoke;
  const auto members = auth::JsonMembers::read(body);
  if (!members) return bad_request("the body " + members.error());
  for (const auto& [name, value] : members->all()) {
    if (name != "user_id") return bad_request(http::visible_text(name, 40) + " is not known; there is user_id");
  }
  if (!members->has("user_id")) return revoke;
  auto user_id = members->text("user_id");
  if (!user_id) return bad_request("`user_id` must be a string");
  if (const std::string problem = problem_with_name(*user_id, "`user_id`"); !problem.empty())
    return bad_request(problem);
  revoke.user_id = std::move(*user_id);
  return revoke;
}

}  // namespace

std::optional<Scope> scope_of(Route route) {
  switch (route) {
    case Route::kPublish:
      return PublishOne::kScope;
    case Route::kBatch:
    case Route::kBroadcast:
      return PublishBatch::kScope;
    case Route::kHistory:
      return ReadHistory::kScope;
    case Route::kPresence:
      return ReadPresence::kScope;
    case Route::kRooms:
      return ReadRooms::kScope;
    case Route::kConnections:
      return ReadConnections::kScope;
    case Route::kJoin:
      return JoinUser::kScope;
    case Route::kLeave:
      return LeaveUser::kScope;
    case Route::kDisconnect:
      return Disconnect::kScope;
    case Route::kRevoke:
      return Revoke::kScope;
    case Route::kWebhooks:
      return ListWebhooks::kScope;
    case Route::kWebhookPause:
    case Route::kWebhookResume:
    case Route::kWebhookReplay:
    case Route::kWebhookTest:
      return ControlWebhook::kScope;
    case Route::kRevokeRoom:
      return RevokeRoom::kScope;
    case Route::kServer:
      return ServerInfo::kScope;
    case Route::kOpenApi:
      break;
  }
  return std::nullopt;
}

std::expected<Operation, Problem> read_operation(const Target& target, const http::Request& request,
                                                 std::string_view body, const BodyLimits& limits) {
  if (!body.empty() && takes_body(target.route) && !is_json(request.value("Content-Type"))) {
    return std::unexpected(Problem{.status = 415, .code = "bad_type", .detail = "the body must be application/json"});
  }
  if (!has_parameters(target.route)) {
    if (auto problem = refuse_parameters(request)) return std::unexpected(std::move(*problem));
  }
  switch (target.route) {
    case Route::kPublish: {
      auto message = read_message(body, limits);
      if (!message) return std::unexpected(std::move(message.error()));
      if (auto problem = take_idempotency_key(request, *message)) return std::unexpected(std::move(*problem));
      return PublishOne{std::move(*message)};
    }
    case Route::kBatch: {
      if (request.count("Idempotency-Key") > 0) {
        return bad_request("Idempotency-Key is for one message: give each of a batch its own `dedup`");
      }
      auto messages = read_batch(body, limits);
      if (!messages) return std::unexpected(std::move(messages.error()));
      return PublishBatch{.messages = std::move(*messages)};
    }
    case Route::kBroadcast: {
      auto broadcast = read_broadcast(body, limits);
      if (!broadcast) return std::unexpected(std::move(broadcast.error()));
      if (auto problem = take_idempotency_key(request, broadcast->common)) return std::unexpected(std::move(*problem));
      return PublishBatch{.messages = broadcast->messages(), .content = std::move(broadcast->common.content)};
    }
    case Route::kHistory:
      return read_history(target, request);
    case Route::kPresence:
      return read_presence(target, request);
    case Route::kRooms:
      return read_rooms(request);
    case Route::kConnections:
      return read_connections(target, request);
    case Route::kJoin:
    case Route::kLeave: {
      auto room_id = read_room(body);
      if (!room_id) return std::unexpected(std::move(room_id.error()));
      if (target.route == Route::kJoin) return JoinUser{.user_id = target.name, .room_id = std::move(*room_id)};
      return LeaveUser{.user_id = target.name, .room_id = std::move(*room_id)};
    }
    case Route::kDisconnect:
      return Disconnect{target.name};
    case Route::kRevoke:
      return read_revoke(target, body);
    case Route::kWebhooks:
      return ListWebhooks{};
    case Route::kWebhookPause:
      return ControlWebhook{target.name, ControlWebhook::Action::kPause};
    case Route::kWebhookResume:
      return ControlWebhook{target.name, ControlWebhook::Action::kResume};
    case Route::kWebhookTest:
      return ControlWebhook{target.name, ControlWebhook::Action::kTest};
    case Route::kWebhookReplay:
      return read_replay(target, body);
    case Route::kRevokeRoom:
      return read_revoke_room(target, body);
    case Route::kServer:
      return ServerInfo{};
    case Route::kOpenApi:
      break;
  }
  return OpenApi{};
}

}  // namespace switchboard::api
