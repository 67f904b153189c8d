#include "api/target.h"

#include <algorithm>
#include <utility>

#include "api/name_check.h"
#include "api/query.h"
#include "protocol/field_value.h"

namespace switchboard::api {
namespace {

constexpr std::string_view kPrefix = "/api/v1/";

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

bool takes_body(Route route) {
  return route == Route::kPublish || route == Route::kBatch || route == Route::kBroadcast || route == Route::kJoin ||
         route == Route::kLeave || route == Route::kRevoke || route == Route::kRevokeRoom ||
         route == Route::kWebhookReplay;
}

}  // namespace switchboard::api
