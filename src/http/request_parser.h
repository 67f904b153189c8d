// Reads an HTTP/1.1 request head (RFC 9112) from bytes as they come.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string_view>

#include "http/request.h"

namespace switchboard::http {

/// Incremental parser of one request head. Feed it bytes in any number of pieces.
/// A head that two readers could take for different ones is refused with 400: chunks and a length, two lengths, chunks
/// that are not the last coding or in HTTP/1.0 (RFC 9112 section 6.3). Another coding before chunks gets 501. Further:
/// 414 for a request line and 431 for a head over the limit, 505 for a version that is not 1.x. Empty lines before the
/// request line are skipped (RFC 9112 section 2.2).
class RequestParser {
 public:
  /// `head_bytes_max`: request line and fields together, the empty line at the end included; more is answered 431 (414
  /// when the request line alone is more). Memory grows with the bytes that came, never past twice the limit.
  explicit RequestParser(std::size_t head_bytes_max);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  /// Takes bytes up to the end of the head. Returns how many were taken: all of them while the head is incomplete.
  /// After an error or `done()` it must not be called again. Linear in total whatever the split. The outcome does not
  /// depend on the split; the request line is judged as soon as it is there, the fields when the head is complete.
  std::expected<std::size_t, RequestError> feed(std::string_view bytes);

  bool done() const;
  /// True once any byte has come.
  bool started() const;
  /// Only when `done()`.
  const Request& request() const;
  /// The request, for the caller to keep. Only when `done()`, once.
  Request take_request();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace switchboard::http
