// An HTTP/1.1 request head (RFC 9112), parsed from bytes. Owns the parsed text; knows nothing of sockets or WebSocket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::http {

/// One field line of a request.
struct RequestField {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
};

/// Every view points into `text` (or, in a request built by hand, wherever its maker keeps the characters), so a
/// request moves but does not copy.
struct Request {
  std::string_view method;
  std::string_view target;  // "/ws?x=1"; of a whole URI ("http://host/ws?x=1") what follows the host
  std::string_view host;    // of the URI when the target was a whole one, else the Host field's value
  int version = 11;         // 10, or 11 for 1.1 and above
  std::vector<RequestField> fields;
  std::uint64_t content_length = 0;  // bytes of the body that follows, unless it comes in chunks
  bool is_chunked = false;           // the body comes in chunks (RFC 9112 section 7.1)
  std::unique_ptr<char[]> text;      // the head as sent

  /// The value of the first field of that name (case-insensitive), or "".
  std::string_view value(std::string_view name) const;
  /// How many fields have that name (case-insensitive).
  std::size_t count(std::string_view name) const;
  /// True when a comma-separated list field of that name holds the token (case-insensitive), over all its lines.
  bool has_token(std::string_view name, std::string_view token) const;
  /// The target without its query; "/" for a URI that ends with its host.
  std::string_view path() const;
  bool has_body() const { return is_chunked || content_length > 0; }
  /// The connection may go on to another request (RFC 9112 section 9.3). One of HTTP/1.0 ends with its answer here,
  /// even where it asks for more.
  bool is_persistent() const { return version >= 11 && !has_token("Connection", "close"); }
};

/// ASCII case-insensitive equality, as field names and most tokens compare (RFC 9110 section 5.1).
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Takes the next element off a comma-separated list (RFC 9110 section 5.6.1), without surrounding white space; empty
/// elements are skipped. False at the end of the list.
bool next_list_element(std::string_view& list, std::string_view& element);

/// Why a request is refused: an HTTP status and a sentence for the person who reads it.
struct RequestError {
  int status = 400;
  std::string message;
};

/// What is answered to anything but GET, HEAD and OPTIONS where nothing else is: 405 for a method of RFC 9110 or 5789,
/// 501 for one that is not known (RFC 9110 section 9.1). None for these three.
std::optional<RequestError> refusal_of(std::string_view method);
/// The Allow field of whatever is answered so.
inline constexpr std::string_view kReadMethods = "GET, HEAD, OPTIONS";

/// Why a request is not answered where no body is taken: as `refusal_of` its method says, else 400 for chunks and 413.
/// None when it has no body.
std::optional<RequestError> refusal_of_body(const Request& request);

}  // namespace switchboard::http
