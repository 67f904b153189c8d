#include "http/body_decoder.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/assert.h"

namespace switchboard::http {
namespace {

constexpr std::size_t kLineBytesMax = 4'096;  // of a chunk's size with its extensions, of a trailer
// Around the content: a chunk of one byte has five more.
constexpr std::size_t kAroundBytesFree = 8'192;
constexpr std::size_t kAroundBytesPerByte = 8;
constexpr std::size_t kSizeDigitsMax = 16;
constexpr std::size_t kReservedMax = 65'536;  // whatever length was announced: memory comes with the bytes

using BodyFailure = std::unexpected<RequestError>;

BodyFailure refuse_body(int status, std::string message) {
  return BodyFailure(RequestError{status, std::move(message)});
}

}  // namespace

BodyDecoder::BodyDecoder(const Request& request, std::size_t bytes_max)
    : state_(request.is_chunked            ? State::kSize
             : request.content_length == 0 ? State::kDone
                                           : State::kContent),
      is_chunked_(request.is_chunked),
      left_(request.is_chunked ? 0 : request.content_length),
      bytes_max_(bytes_max) {}

std::expected<void, RequestError> BodyDecoder::check_size(std::uint64_t more) const {
  if (more <= bytes_max_ && body_.size() <= bytes_max_ - more) return {};
  return refuse_body(413,
                     "The request's body is too large: at most " + std::to_string(bytes_max_) + " bytes are taken.");
}

std::expected<std::size_t, RequestError> BodyDecoder::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done()) {
    if (state_ != State::kContent) {
      if (auto byte = take_line_byte(bytes[taken++]); !byte) return BodyFailure(std::move(byte.error()));
      continue;
    }
    if (auto fits = check_size(left_); !fits) return BodyFailure(std::move(fits.error()));
    if (body_.empty()) body_.reserve(std::min<std::uint64_t>(left_, kReservedMax));
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - taken));
    body_.append(bytes, taken, count);
    taken += count;
    left_ -= count;
    if (left_ == 0) state_ = is_chunked_ ? State::kContentEnd : State::kDone;
  }
  return taken;
}

std::expected<void, RequestError> BodyDecoder::take_line_byte(char c) {
  if (++around_bytes_ > kAroundBytesFree + kAroundBytesPerByte * body_.size())
    return refuse_body(400, "There is too much around the body's chunks.");
  if (c == '\n') return end_line();
  if (line_.size() == kLineBytesMax) return refuse_body(400, "A line of the body's chunks is too long.");
  line_.push_back(c);
  return {};
}

std::expected<void, RequestError> BodyDecoder::end_line() {
  if (line_.empty() || line_.back() != '\r')
    return refuse_body(400, "A line of the body's chunks must end with CR LF.");
  line_.pop_back();
  if (line_.find('\r') != std::string::npos) return refuse_body(400, "A carriage return stands without a line feed.");
  switch (state_) {
    case State::kContentEnd:
      if (!line_.empty()) return refuse_body(400, "A chunk is longer than it says.");
      state_ = State::kSize;
      return {};
    case State::kSize: {
      auto begun = begin_chunk();
      line_.clear();
      return begun;
    }
    case State::kTrailer:
      if (line_.empty()) state_ = State::kDone;
      line_.clear();
      return {};
    case State::kContent:
    case State::kDone:
      break;
  }
  SB_ASSERT(false);
  return {};
}

/// The size, hexadecimal, and perhaps white space and extensions behind it.
std::expected<void, RequestError> BodyDecoder::begin_chunk() {
  const std::string_view line(line_);
  const std::string_view size = line.substr(0, line.find_first_not_of("0123456789abcdefABCDEF"));
  const std::size_t behind = line.find_first_not_of(" \t", size.size());
  std::uint64_t bytes = 0;
  const auto read = std::from_chars(size.data(), size.data() + size.size(), bytes, 16);
  if (size.empty() || size.size() > kSizeDigitsMax || read.ec != std::errc() ||
      (behind != std::string_view::npos && line[behind] != ';'))
    return refuse_body(400, "A chunk's size is malformed.");
  if (auto fits = check_size(bytes); !fits) return fits;
  left_ = bytes;
  state_ = bytes == 0 ? State::kTrailer : State::kContent;
  return {};
}

}  // namespace switchboard::http
