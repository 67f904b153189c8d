// An HTTP/1.1 request head (RFC 9112), parsed from bytes. Owns the parsed text; knows nothing of sockets or WebSocket.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::http {

struct Field {
  std::string name;   // as sent
  std::string value;  // without surrounding white space
};

struct Request {
  std::string method;
  std::string target;  // origin-form, as sent: "/ws?x=1"
  int version = 11;    // 10 or 11
  std::vector<Field> fields;

  /// The value of the first field of that name (case-insensitive), or "".
  std::string_view value(std::string_view name) const;
  /// How many fields have that name (case-insensitive).
  std::size_t count(std::string_view name) const;
  /// True when a comma-separated list field of that name holds the token (case-insensitive), over all its lines.
  bool has_token(std::string_view name, std::string_view token) const;
  /// The target without its query.
  std::string_view path() const;
};

/// Why a request is refused: an HTTP status and a sentence for the person who reads it.
struct RequestError {
  int status = 400;
  std::string message;
};

/// Incremental parser of one request head. Feed it bytes in any number of pieces.
/// A request with a body is refused (nothing here takes one): 413 with Content-Length above 0, 400 with any other trouble.
class RequestParser {
 public:
  /// `head_bytes_max`: request line and fields together; more is answered 431. A single field line is held to it too.
  explicit RequestParser(std::size_t head_bytes_max);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  /// Takes bytes up to the end of the head. Returns how many were taken: all of them while the head is incomplete.
  /// After an error or `done()` it must not be called again. Linear in total whatever the split.
  std::expected<std::size_t, RequestError> feed(std::string_view bytes);

  bool done() const;
  /// True once any byte has come.
  bool started() const;
  const Request& request() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace switchboard::http
