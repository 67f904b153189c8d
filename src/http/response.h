// HTTP/1.1 responses as bytes (RFC 9110, RFC 9112).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace switchboard::http {

/// One field line of a response. Neither part may hold CR or LF: what comes from a peer does not belong here.
struct Field {
  std::string name;
  std::string value;
};

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view body = {};
  std::vector<Field> fields = {};  // further ones, e.g. Sec-WebSocket-Version
  bool head_only = false;          // answer to HEAD: Content-Length of the body, but no body
  bool keeps_alive = false;        // false: it ends its connection, and says so
};

/// The registered reason phrase, "" for a status this server never sends.
std::string_view reason_phrase(int status);

/// Status line, `Date` (`now`), `Content-Length`, `Content-Type`, `Connection: close` if it ends there, the further
/// fields, body.
/// 204 and 304 have neither body nor the fields that describe one.
/// With an `Upgrade` field among the further ones, Connection names it too (RFC 9110 section 7.8).
std::string serialize(const Response& response, UnixMillis now);

}  // namespace switchboard::http
