#include "api/operation.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/name_check.h"
#include "auth/json_members.h"
#include "http/visible_text.h"
#include "protocol/command.h"
#include "protocol/field_value.h"
#include "protocol/user_room.h"

namespace switchboard::api {
namespace {

constexpr std::string_view kPrefix = "/api/v1/";
constexpr std::uint64_t kRoomsMax = 1'000;  // in one list
constexpr std::uint64_t kConnectionsMax = 1'000;

// --- the path ------------------------------------------------------------------------------------------------------

/// RFC 3986 section 2.1; none for an escape that is none.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto read = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (read.ec != std::errc{} || read.ptr != text.data() + i + 3) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// One row for each path: {} is a name of up to 255 bytes.
struct Row {
  std::string_view path;  // behind kPrefix
  Route route;
  std::string_view methods;
};
constexpr std::string_view kPost = "POST, OPTIONS";
constexpr Row kRows[] = {
    {"publish", Route::kPublish, kPost},
    {"batch", Route::kBatch, kPost},
    {"broadcast", Route::kBroadcast, kPost},
    {"rooms", Route::kRooms, http::kReadMethods},
    {"rooms/{}/history", Route::kHistory, http::kReadMethods},
    {"rooms/{}/presence", Route::kPresence, http::kReadMethods},
    {"users/{}/connections", Route::kConnections, http::kReadMethods},
    {"users/{}/join", Route::kJoin, kPost},
    {"users/{}/leave", Route::kLeave, kPost},
    {"rooms/{}/revoke", Route::kRevokeRoom, kPost},
    {"users/{}/disconnect", Route::kDisconnect, kPost},
    {"users/{}/revoke", Route::kRevoke, kPost},
    {"webhooks", Route::kWebhooks, http::kReadMethods},
    {"webhooks/{}/pause", Route::kWebhookPause, kPost},
    {"webhooks/{}/resume", Route::kWebhookResume, kPost},
    {"webhooks/{}/replay", Route::kWebhookReplay, kPost},
    {"webhooks/{}/test", Route::kWebhookTest, kPost},
    {"server", Route::kServer, http::kReadMethods},
    {"openapi.json", Route::kOpenApi, http::kReadMethods},
};

/// Takes what stands before the next '/' off.
std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

struct Match {
  const Row* row = nullptr;
  std::string_view name;  // as it stands
};

Match match(std::string_view path) {
  if (!path.starts_with(kPrefix)) return {};
  path.remove_prefix(kPrefix.size());
  if (path.ends_with('/')) return {};
  for (const Row& row : kRows) {
    Match found{.row = &row, .name = {}};
    std::string_view pattern = row.path, rest = path;
    while (!pattern.empty() && !rest.empty()) {
      const std::string_view wanted = take_segment(pattern), segment = take_segment(rest);
      if (wanted == "{}") {
        found.name = segment;
      } else if (wanted != segment) {
        found.row = nullptr;
        break;
      }
    }
    if (found.row != nullptr && pattern.empty() && rest.empty()) return found;
  }
  return {};
}

/// What the path names; "" when it names nothing.
std::string_view named_by(Route route) {
  switch (route) {
    case Route::kHistory:
    case Route::kPresence:
    case Route::kRevokeRoom:
      return "the room in the path";
    case Route::kConnections:
    case Route::kJoin:
    case Route::kLeave:
    case Route::kDisconnect:
    case Route::kRevoke:
      return "the user in the path";
    case Route::kWebhookPause:
    case Route::kWebhookResume:
    case Route::kWebhookReplay:
    case Route::kWebhookTest:
      return "the webhook in the path";
    case Route::kPublish:
    case Route::kBatch:
    case Route::kBroadcast:
    case Route::kRooms:
    case Route::kWebhooks:
    case Route::kServer:
    case Route::kOpenApi:
      break;
  }
  return "";
}

bool is_of_room(Route route) {
  return route == Route::kHistory || route == Route::kPresence || route == Route::kRevokeRoom;
}

bool has_parameters(Route route) {
  return route == Route::kHistory || route == Route::kPresence || route == Route::kRooms ||
         route == Route::kConnections;
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return content_type.empty() || http::equals_ignoring_case(type, "application/json");
}

// --- the query -----------------------------------------------------------------------------------------------------

/// There '+' is a blank, too: so most libraries write one, after HTML's forms, and a '+' as %2B.
std::optional<std::string> unescaped_in_query(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return unescaped(blanks);
}

/// The parameters of a target, each known and there once at most.
class QueryReader {
 public:
  explicit QueryReader(std::string_view target) {
    const std::size_t question = target.find('?');
    if (question != std::string_view::npos) rest_ = target.substr(question + 1);
  }

  /// Calls take(name, value) for each; what that returns, if anything, ends it.
  template <class F>
  std::optional<std::string> each(F&& take) {
    std::vector<std::string> seen;
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('&'), rest_.size());
      const std::string_view pair = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const auto name = unescaped_in_query(pair.substr(0, equals));
      const auto value = unescaped_in_query(pair.substr(std::min(equals + 1, pair.size())));
      if (!name || !value) return "the query has an escape that is none";
      if (std::ranges::find(seen, *name) != seen.end())
        return "the query has " + http::visible_text(*name, 40) + " twice";
      seen.push_back(*name);
      if (auto problem = take(*name, *value)) return problem;
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

std::optional<std::string> take_number(std::string_view name, std::string_view text, std::uint64_t from,
                                       std::uint64_t to, std::uint64_t& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && out >= from && out <= to) return std::nullopt;
  return "`" + std::string(name) + "` must be a whole number from " + std::to_string(from) + " to " +
         std::to_string(to);
}

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

std::string_view methods_at(const http::Request& request) {
  const Match found = match(request.path());
  return found.row == nullptr ? std::string_view() : found.row->methods;
}

std::expected<Target, Problem> target_of(const http::Request& request) {
  const Match found = match(request.path());
  if (found.row == nullptr) {
    return std::unexpected(
        Problem{.status = 404, .code = "not_found", .detail = "there is nothing here; see /api/v1/openapi.json"});
  }
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  const bool is_post = request.method == "POST";
  const bool wants_read = found.row->methods == http::kReadMethods;
  if (wants_read ? !is_read : !is_post) {
    const auto unknown = http::refusal_of(request.method);
    const bool is_unknown = unknown && unknown->status == 501;
    return std::unexpected(Problem{.status = is_unknown ? 501 : 405,
                                   .code = "bad_method",
                                   .detail = "only " + std::string(found.row->methods) + " here",
                                   .fields = {{"Allow", std::string(found.row->methods)}}});
  }
  Target target{.route = found.row->route, .name = {}};
  const std::string_view named = named_by(target.route);
  if (named.empty()) return target;
  auto name = unescaped(found.name);
  const bool is_room = is_of_room(target.route);
  if (!name || !is_utf8(*name)) return bad_request("the name in the path cannot be unescaped to UTF-8");
  const std::string problem = is_room ? problem_with_room(*name, named) : problem_with_name(*name, named);
  if (!problem.empty()) return bad_request(problem);
  target.name = std::move(*name);
  return target;
}

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

bool takes_body(Route route) {
  return route == Route::kPublish || route == Route::kBatch || route == Route::kBroadcast || route == Route::kJoin ||
         route == Route::kLeave || route == Route::kRevoke || route == Route::kRevokeRoom ||
         route == Route::kWebhookReplay;
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
