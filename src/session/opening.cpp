#include "session/opening.h"

#include <algorithm>

#include "http/entity_tag.h"
#include "http/response.h"
#include "http/visible_text.h"
#include "session/token_source.h"
#include "ws/deflate_negotiation.h"
#include "ws/handshake.h"

namespace switchboard::session {
namespace {

constexpr std::string_view kSubprotocol = "switchboard.v1.json";

bool is_endpoint(const ListenerPolicy& policy, std::string_view path) {
  return std::ranges::find(policy.paths, path) != policy.paths.end();
}

/// "WebSocket connections are accepted at / and /ws."
std::string endpoints_text(const ListenerPolicy& policy) {
  std::string out = "WebSocket connections are accepted at ";
  for (std::size_t i = 0; i < policy.paths.size(); ++i) {
    if (i > 0) out += i + 1 == policy.paths.size() ? " and " : ", ";
    out += policy.paths[i];
  }
  return out + ".";
}

/// Browsers name the page's origin; other clients send none and are not held to the list.
bool may_connect(const ListenerPolicy& policy, std::string_view origin) {
  return origin.empty() || policy.origins.allows(origin);
}

constexpr std::size_t kShownBytesMax = 200;  // of what a client has sent, in an answer to it

http::RequestError refused_origin(std::string_view origin) {
  return {.status = 403,
          .message = "The origin " + http::visible_text(origin, kShownBytesMax) +
                     " may not connect (setting origins_allowed). A program that is no browser need not send one."};
}

http::RequestError refused_host(std::string_view host) {
  return {.status = 421,
          .message = "This server is not to be reached under the host name " +
                     http::visible_text(host, kShownBytesMax) + " (setting hosts)."};
}

const http::Asset* find_asset(http::AssetTable assets, std::string_view path) {
  const auto found = std::ranges::find(assets, path, &http::Asset::path);
  return found == assets.end() ? nullptr : &*found;
}

Answered with(Answered::Kind kind, const http::Response& response, const Clock& clock) {
  return {.kind = kind,
          .status = static_cast<std::uint16_t>(response.status),
          .response = http::serialize(response, clock.unix_ms())};
}

/// The client is told `error`, and the log what it was for.
Answered refused_for(std::string_view field, std::string_view value, const http::RequestError& error,
                     const http::Request& request, const Clock& clock) {
  Answered answer = refused(error, &request, clock);
  answer.refused_field = field;
  answer.refused_value = value;
  return answer;
}

/// Browsers give up a handshake that chooses none of the subprotocols they have offered.
bool has_nothing_to_choose(const std::vector<std::string_view>& offered) {
  return !offered.empty() && std::ranges::all_of(offered, is_token_subprotocol);
}

std::variant<Upgraded, Answered> upgrade(const http::Request& request, const OpeningRules& rules) {
  const bool has_rooms = rules.settings.service == Service::kRooms;
  const auto upgrade = ws::check_upgrade(request);
  if (!upgrade) return refused(upgrade.error(), &request, rules.clock);
  if (has_rooms && !is_endpoint(rules.policy, request.path())) {
    return refused({.status = 404, .message = endpoints_text(rules.policy)}, &request, rules.clock);
  }
  if (!may_connect(rules.policy, upgrade->origin)) {
    return refused_for("Origin", upgrade->origin, refused_origin(upgrade->origin), request, rules.clock);
  }
  const auto deflate = ws::negotiate_deflate(upgrade->extensions, rules.settings.deflate);
  if (!deflate) return refused(deflate.error(), &request, rules.clock);
  const auth::Policy* const auth = has_rooms ? rules.settings.auth.get() : nullptr;
  if (has_nothing_to_choose(upgrade->subprotocols)) {
    return refused({.status = 400,
                    .message = "A token among the subprotocols is never chosen: offer switchboard.v1.json beside it."},
                   &request, rules.clock);
  }
  const bool is_v1 = has_rooms && std::ranges::find(upgrade->subprotocols, kSubprotocol) != upgrade->subprotocols.end();
  Upgraded upgraded{
      .response = ws::upgrade_response(upgrade->key, is_v1 ? kSubprotocol : std::string_view{},
                                       *deflate ? std::string_view((*deflate)->response) : std::string_view{}),
      .dialect = is_v1 ? Dialect::kV1 : Dialect::kBase,
      .token = auth == nullptr ? std::nullopt : token_of(request, upgrade->subprotocols, *auth),
      .deflate_takeover_window_bits = {}};
  if (*deflate) upgraded.deflate_takeover_window_bits = (*deflate)->takeover_window_bits;
  return upgraded;
}

/// RFC 9110 section 9.3.7: of this resource, or of the server ("*").
Answered methods(const Clock& clock) {
  return with(Answered::Kind::kMethods, {.status = 204, .fields = {{"Allow", std::string(http::kReadMethods)}}}, clock);
}

Answered page(const http::Request& request, const http::Asset& asset, const Clock& clock) {
  const bool is_known = http::has_current(request, asset.etag);
  http::Response response{.status = is_known ? 304 : 200,
                          .content_type = asset.content_type,
                          .body = is_known ? std::string_view{} : asset.body,
                          .fields = {{"Content-Security-Policy", std::string(http::kAssetContentSecurityPolicy)},
                                     {"X-Content-Type-Options", "nosniff"},
                                     {"Cache-Control", "no-cache"}},
                          .head_only = request.method == "HEAD"};
  if (!asset.etag.empty()) response.fields.push_back({"ETag", std::string(asset.etag)});
  return with(Answered::Kind::kPage, response, clock);
}

/// To who does not ask for WebSocket.
Answered plain(const http::Request& request, const OpeningRules& rules) {
  const ListenerPolicy& policy = rules.policy;
  const bool is_read = request.method == "HEAD" || request.method == "GET";
  const bool endpoint = is_endpoint(policy, request.path());
  const http::Asset* found = policy.demo ? find_asset(rules.assets, request.path()) : nullptr;
  const http::Asset* asset = is_read ? found : nullptr;
  // A browser hides from its page why a handshake failed. A plain request of the page's (OPTIONS: with GET a browser
  // would not name the origin of the page's own server) gets the answer that the handshake got, and can read it.
  if (const std::string_view origin = request.value("origin");
      asset == nullptr && endpoint && !may_connect(policy, origin)) {
    return refused(refused_origin(origin), &request, rules.clock);
  }
  if (const auto refusal = http::refusal_of(request.method)) return refused(*refusal, &request, rules.clock);
  const bool is_there = request.target == "*" || endpoint || found != nullptr;
  if (request.method == "OPTIONS" && is_there) return methods(rules.clock);
  if (asset != nullptr) return page(request, *asset, rules.clock);
  if (endpoint) {
    return refused(
        {.status = 426, .message = "This is a WebSocket endpoint; connect to it with ws:// and a WebSocket client."},
        &request, rules.clock);
  }
  return refused({.status = 404, .message = "There is nothing here. " + endpoints_text(policy)}, &request, rules.clock);
}

}  // namespace

std::variant<Upgraded, Answered> answer_of(const http::Request& request, const OpeningRules& rules) {
  if (!rules.policy.hosts.allows(request.host)) {
    return refused_for("Host", request.host, refused_host(request.host), request, rules.clock);
  }
  if (ws::wants_upgrade(request)) return upgrade(request, rules);
  return plain(request, rules);
}

Answered refused(const http::RequestError& error, const http::Request* request, const Clock& clock) {
  const std::string body = error.message + "\n";
  http::Response response{.status = error.status,
                          .content_type = "text/plain; charset=utf-8",
                          .body = body,
                          .fields = {{"X-Content-Type-Options", "nosniff"}},  // it may show what the peer sent
                          .head_only = request != nullptr && request->method == "HEAD"};
  if (error.status == 405) response.fields.push_back({"Allow", std::string(http::kReadMethods)});
  if (error.status == 426) {
    response.fields.push_back({"Upgrade", "websocket"});
    response.fields.push_back({"Sec-WebSocket-Version", "13"});
  }
  return with(Answered::Kind::kRefusal, response, clock);
}

}  // namespace switchboard::session
