// Where a request to the API goes, by its method and path alone: the table of paths is in target.cpp.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "api/problem.h"
#include "http/request.h"

namespace switchboard::api {

/// What a request names before its body is there.
enum class Route : std::uint8_t {
  kPublish,
  kBatch,
  kBroadcast,
  kHistory,
  kPresence,
  kRooms,
  kConnections,
  kJoin,
  kLeave,
  kDisconnect,
  kRevoke,
  kRevokeRoom,
  kWebhooks,
  kWebhookPause,
  kWebhookResume,
  kWebhookReplay,
  kWebhookTest,
  kServer,
  kOpenApi
};

struct Target {
  Route route{};
  std::string name;  // of the room, user or webhook in the path, unescaped
};

/// Where the request goes; 404, 405 (with Allow), 501, 400 for a path that cannot be unescaped or a name that is none.
/// OPTIONS is not for here.
std::expected<Target, Problem> target_of(const http::Request& request);
/// The methods of what stands at that path, for OPTIONS and Allow; "" when nothing does.
std::string_view methods_at(const http::Request& request);

/// Whether it wants a body.
bool takes_body(Route route);

}  // namespace switchboard::api
