// Session, first part of its life: the HTTP request.
#include <algorithm>

#include "http/entity_tag.h"
#include "http/response.h"
#include "http/visible_text.h"
#include "protocol/close_code.h"
#include "session/forwarded_for.h"
#include "session/session.h"
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

}  // namespace

void Session::receive_request(std::span<char> bytes) {
  // A TLS record with a handshake (RFC 8446 section 5.1): no answer of ours would be understood.
  if (!request_->started() && !bytes.empty() && bytes.front() == 0x16) {
    return end(400, "a TLS handshake where TLS is not spoken", false);
  }
  const auto taken = request_->feed({bytes.data(), bytes.size()});
  if (!taken) {
    respond(taken.error(), nullptr);
    return;
  }
  if (!request_->done()) return;
  context_->work.spend(kRequestWork);
  const auto request = std::move(request_);  // freed when this returns: an open connection holds no request
  if (const auto refusal = http::refusal_of_body(request->request())) return respond(*refusal, &request->request());
  answer_request(request->request());
  if (reads_frames() && *taken < bytes.size()) receive_frames(bytes.subspan(*taken));
}

void Session::answer_request(const http::Request& request) {
  take_forwarded_peer(request);
  if (!policy().hosts.allows(request.host)) {
    context_->host.on_request_refused(*this, "Host", request.host);
    return respond(refused_host(request.host), &request);
  }
  if (ws::wants_upgrade(request)) {
    open(request);
  } else {
    answer_page(request);
  }
}

/// Behind a trusted proxy the address of the connection says nothing of the client.
void Session::take_forwarded_peer(const http::Request& request) {
  const net::AddressSet& trusted = policy().trusted_proxies;
  if (trusted.empty() || !trusted.contains(peer_)) return;
  peer_ = forwarded_client(request, trusted).value_or(peer_);
  const Readmission readmission = context_->host.readmit(*this, peer_);
  limiter_ = RateLimiter(readmission.address_rate);
  if (readmission.refusal_code != 0 && ending_.code == 0) {
    ending_ = {.code = readmission.refusal_code, .by_peer = false, .reason = readmission.refusal_reason};
  }
}

void Session::open(const http::Request& request) {
  const auto upgrade = ws::check_upgrade(request);
  if (!upgrade) return respond(upgrade.error(), &request);
  if (context_->settings.service == Service::kRooms && !is_endpoint(policy(), request.path())) {
    return respond({.status = 404, .message = endpoints_text(policy())}, &request);
  }
  if (!may_connect(policy(), upgrade->origin)) {
    context_->host.on_request_refused(*this, "Origin", upgrade->origin);
    return respond(refused_origin(upgrade->origin), &request);
  }
  const auto deflate = ws::negotiate_deflate(upgrade->extensions, context_->settings.deflate);
  if (!deflate) return respond(deflate.error(), &request);
  if (*deflate) ws_.use_deflate((*deflate)->takeover_window_bits);
  is_v1_ = context_->settings.service == Service::kRooms &&
           std::ranges::find(upgrade->subprotocols, kSubprotocol) != upgrade->subprotocols.end();
  queue(ws::upgrade_response(upgrade->key, is_v1_ ? kSubprotocol : std::string_view{},
                             *deflate ? std::string_view((*deflate)->response) : std::string_view{}));
  state_ = State::kOpen;
  context_->stats.handshakes.add();

  if (ending_.code != 0) return close(ending_.code, ending_.reason);
  const auto& settings = context_->settings;
  if (settings.ping_interval_ms > 0) {
    // Connections that came together must not be pinged together: each has a phase of its own.
    const auto interval = std::chrono::milliseconds(settings.ping_interval_ms);
    ping_at_ =
        context_->now + Duration(context_->random.below(static_cast<std::uint64_t>(Duration(interval).count())) + 1);
  }
  if (is_v1_) {
    send(protocol::Hello{.conn_id = connection_id(),
                         .user_id = {},
                         .ping_interval_ms = settings.ping_interval_ms,
                         .message_bytes_max = settings.message_bytes_max,
                         .server = context_->server_name});
  }
}

void Session::answer_page(const http::Request& request) {
  const bool is_head = request.method == "HEAD";
  const bool is_read = is_head || request.method == "GET";
  const bool endpoint = is_endpoint(policy(), request.path());
  const http::Asset* asset = is_read && policy().demo ? find_asset(context_->assets, request.path()) : nullptr;
  // A browser hides from its page why a handshake failed. A plain request of the page's (OPTIONS: with GET a browser
  // would not name the origin of the page's own server) gets the answer that the handshake got, and can read it.
  if (const std::string_view origin = request.value("origin");
      asset == nullptr && endpoint && !may_connect(policy(), origin)) {
    return respond(refused_origin(origin), &request);
  }
  if (const auto refusal = http::refusal_of(request.method)) return respond(*refusal, &request);
  const bool is_there =
      request.target == "*" || endpoint || (policy().demo && find_asset(context_->assets, request.path()));
  if (request.method == "OPTIONS" && is_there) return tell_methods();
  if (asset == nullptr) {
    if (endpoint) {
      return respond(
          {.status = 426, .message = "This is a WebSocket endpoint; connect to it with ws:// and a WebSocket client."},
          &request);
    }
    return respond({.status = 404, .message = "There is nothing here. " + endpoints_text(policy())}, &request);
  }
  context_->stats.plain_requests.add();
  const bool is_known = http::has_current(request, asset->etag);
  http::Response response{.status = is_known ? 304 : 200,
                          .content_type = asset->content_type,
                          .body = is_known ? std::string_view{} : asset->body,
                          .fields = {{"Content-Security-Policy", std::string(http::kAssetContentSecurityPolicy)},
                                     {"X-Content-Type-Options", "nosniff"},
                                     {"Cache-Control", "no-cache"}},
                          .head_only = is_head};
  if (!asset->etag.empty()) response.fields.push_back({"ETag", std::string(asset->etag)});
  queue(http::serialize(response, context_->clock.unix_ms()));
  state_ = State::kClosing;
  deadline_ = context_->now + std::chrono::milliseconds(context_->settings.close_timeout_ms);
  ending_ = {.code = static_cast<std::uint16_t>(response.status), .by_peer = false, .reason = "served a page"};
}

/// RFC 9110 section 9.3.7: of this resource, or of the server ("*").
void Session::tell_methods() {
  const http::Response response{.status = 204, .fields = {{"Allow", std::string(http::kReadMethods)}}};
  queue(http::serialize(response, context_->clock.unix_ms()));
  state_ = State::kClosing;
  deadline_ = context_->now + std::chrono::milliseconds(context_->settings.close_timeout_ms);
  ending_ = {.code = 204, .by_peer = false, .reason = "told the methods"};
}

void Session::respond(const http::RequestError& error, const http::Request* request) {
  const bool is_head = request != nullptr && request->method == "HEAD";
  const std::string body = error.message + "\n";
  http::Response response{.status = error.status,
                          .content_type = "text/plain; charset=utf-8",
                          .body = body,
                          .fields = {{"X-Content-Type-Options", "nosniff"}},  // it may show what the peer sent
                          .head_only = is_head};
  if (error.status == 405) response.fields.push_back({"Allow", std::string(http::kReadMethods)});
  if (error.status == 426) {
    response.fields.push_back({"Upgrade", "websocket"});
    response.fields.push_back({"Sec-WebSocket-Version", "13"});
  }
  queue(http::serialize(response, context_->clock.unix_ms()));
  context_->stats.handshakes_refused.add();
  state_ = State::kClosing;
  deadline_ = context_->now + std::chrono::milliseconds(context_->settings.close_timeout_ms);
  ending_ = {.code = static_cast<std::uint16_t>(error.status), .by_peer = false, .reason = "the request was refused"};
  request_.reset();
}

}  // namespace switchboard::session
