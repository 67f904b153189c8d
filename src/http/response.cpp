#include "http/response.h"

#include <algorithm>

#include "base/assert.h"
#include "base/http_date.h"
#include "http/request.h"

namespace switchboard::http {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

std::string serialize(const Response& response, UnixMillis now) {
  SB_ASSERT(response.status >= 200 && response.status <= 599);
  std::size_t bytes = 200 + response.content_type.size() + (response.head_only ? 0 : response.body.size());
  for (const Field& field : response.fields)
    bytes += field.name.size() + field.value.size() + 4;
  const bool upgrade = std::any_of(response.fields.begin(), response.fields.end(),
                                   [](const Field& field) { return equals_ignoring_case(field.name, "Upgrade"); });

  std::string out;
  out.reserve(bytes);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  out.append("Date: ").append(http_date(now)).append("\r\n");
  // RFC 9110 section 8.6: none in a 204, and in a 304 only the one of the answer it stands for.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  if (!bodiless && !response.content_type.empty())
    out.append("Content-Type: ").append(response.content_type).append("\r\n");
  const std::string_view connection = response.keeps_alive ? (upgrade ? "Upgrade" : "")
                                      : upgrade            ? "close, Upgrade"
                                                           : "close";
  if (!connection.empty()) out.append("Connection: ").append(connection).append("\r\n");
  for (const Field& field : response.fields) {
    SB_ASSERT(field.name.find_first_of("\r\n") == std::string::npos);
    SB_ASSERT(field.value.find_first_of("\r\n") == std::string::npos);
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  out.append("\r\n");
  if (!response.head_only && !bodiless) out.append(response.body);
  return out;
}

}  // namespace switchboard::http
