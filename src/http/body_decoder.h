// A request's body out of the bytes behind its head (RFC 9112 section 6): by length or in chunks, bounded while it is
// read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/request.h"

namespace switchboard::http {

class BodyDecoder {
 public:
  /// How the body of `request` comes. `bytes_max`: more is refused with 413, as soon as that is known.
  BodyDecoder(const Request& request, std::size_t bytes_max);

  /// Takes bytes up to the end of the body. Returns how many were taken: all of them while it is incomplete. Not after
  /// an error or `done()`. 400 for chunks that are malformed, or where so much stands around few bytes of content that
  /// it serves only to be read: extensions and trailers are skipped (RFC 9112 sections 7.1.1 and 7.1.2), within that
  /// bound.
  std::expected<std::size_t, RequestError> feed(std::string_view bytes);

  bool done() const { return state_ == State::kDone; }
  const std::string& body() const { return body_; }
  std::string take_body() { return std::move(body_); }

 private:
  enum class State : std::uint8_t {
    kContent,     // `left_` bytes of it come next
    kContentEnd,  // the line end behind a chunk's
    kSize,        // a chunk's size and extensions, up to the line feed
    kTrailer,     // a line of the trailer section
    kDone,
  };

  std::expected<void, RequestError> take_line_byte(char c);
  std::expected<void, RequestError> end_line();
  std::expected<void, RequestError> begin_chunk();
  std::expected<void, RequestError> check_size(std::uint64_t more) const;

  State state_;
  bool is_chunked_;
  std::uint64_t left_;
  std::size_t bytes_max_;
  std::size_t around_bytes_ = 0;  // of lines, so far
  std::string line_;              // the unfinished one, without what need not be kept
  std::string body_;
};

}  // namespace switchboard::http
