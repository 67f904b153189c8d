// HTTP/1.1 responses as bytes (RFC 9110, RFC 9112).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace switchboard::http {

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view body;
  std::vector<Field> fields;    // further ones, e.g. Sec-WebSocket-Version
  bool head_only = false;       // answer to HEAD: Content-Length of the body, but no body
};

/// The registered reason phrase, "" for a status this server never sends.
std::string_view reason_phrase(int status);

/// Status line, Date-less headers (`Content-Length`, `Content-Type`, `Connection: close`, the further fields), body.
std::string serialize(const Response& response);

}  // namespace switchboard::http
