#include "fuzz/server_output.h"

#include <cstdlib>
#include <zlib.h>

#include "base/assert.h"
#include "fuzz/json_reference.h"
#include "ws/close_frame.h"
#include "ws/opcode.h"
#include "ws/utf8.h"

namespace switchboard::fuzz {
namespace {

constexpr std::size_t kJsonDepthMax = 2'000;
constexpr std::size_t kHeadBytesMax = 2'048;

bool is_utf8(std::string_view bytes) {
  ws::Utf8Validator validator;
  return validator.feed(bytes) && validator.complete();
}

/// A message compressed without context (RFC 7692 section 7.2.2), which must be whole.
std::string inflated(std::string_view payload) {
  std::string in(payload);
  in.append("\x00\x00\xff\xff", 4);
  z_stream stream{};
  SB_ASSERT(inflateInit2(&stream, -15) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  char piece[4096];
  do {
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    const int result = inflate(&stream, Z_SYNC_FLUSH);
    SB_ASSERT(result == Z_OK || result == Z_BUF_ERROR || result == Z_STREAM_END);
    out.append(piece, sizeof piece - stream.avail_out);
  } while (stream.avail_out == 0);
  SB_ASSERT(stream.avail_in == 0);
  inflateEnd(&stream);
  return out;
}

}  // namespace

void ServerOutput::take(std::string_view bytes) {
  pending_.append(bytes);
  for (bool goes_on = true; goes_on && !pending_.empty();) {
    switch (state_) {
      case State::kHead:
        goes_on = take_head();
        break;
      case State::kBody:
        SB_ASSERT(pending_.size() <= body_bytes_left_);
        body_bytes_left_ -= pending_.size();
        pending_.clear();
        break;
      case State::kFrames:
        goes_on = take_frame();
        break;
      case State::kClosed:
        SB_ASSERT(pending_.empty());  // nothing may follow a Close frame
    }
  }
}

bool ServerOutput::take_head() {
  const auto end = pending_.find("\r\n\r\n");
  SB_ASSERT((end == std::string::npos ? pending_.size() : end) <= kHeadBytesMax);
  if (end == std::string::npos) return false;
  const std::string head = pending_.substr(0, end + 2);
  pending_.erase(0, end + 4);
  SB_ASSERT(head.starts_with("HTTP/1.1 ") && head.find('\0') == std::string::npos);
  if (head.starts_with("HTTP/1.1 101 ")) {
    SB_ASSERT(head.find("\r\nSec-WebSocket-Accept: ") != std::string::npos);
    deflates_ = head.find("permessage-deflate") != std::string::npos;
    state_ = State::kFrames;
    return true;
  }
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const auto length = head.find(kLength);
  SB_ASSERT(length != std::string::npos);
  body_bytes_left_ = std::strtoull(head.c_str() + length + kLength.size(), nullptr, 10);
  state_ = State::kBody;
  return true;
}

bool ServerOutput::take_frame() {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(pending_[at]); };
  if (pending_.size() < 2) return false;
  SB_ASSERT(byte(1) < 128);  // a server does not mask
  std::size_t header = 2;
  std::uint64_t length = byte(1);
  if (length >= 126) {
    header = length == 126 ? 4 : 10;
    const std::uint64_t length_min = length == 126 ? 126 : 65'536;
    if (pending_.size() < header) return false;
    length = 0;
    for (std::size_t i = 2; i < header; ++i)
      length = length << 8 | byte(i);
    SB_ASSERT(length >= length_min);
  }
  if (pending_.size() - header < length) return false;
  check_frame(byte(0), std::string_view(pending_).substr(header, length));
  pending_.erase(0, header + length);
  return true;
}

void ServerOutput::check_frame(unsigned first_byte, std::string_view payload) {
  const bool is_compressed = (first_byte & 0x40) != 0;
  SB_ASSERT((first_byte & 0xB0) == 0x80);  // final, RSV2 and RSV3 unset
  switch (static_cast<ws::Opcode>(first_byte & 0x0F)) {
    case ws::Opcode::kText: {
      SB_ASSERT(!is_compressed || deflates_);
      const std::string text = is_compressed ? inflated(payload) : std::string(payload);
      SB_ASSERT(is_utf8(text) && (any_content_ || JsonReference::is_document(text, kJsonDepthMax)));
      return;
    }
    case ws::Opcode::kBinary:
      SB_ASSERT(any_content_ && (!is_compressed || deflates_));
      if (is_compressed) inflated(payload);
      return;
    case ws::Opcode::kPing:
    case ws::Opcode::kPong:
      SB_ASSERT(!is_compressed && payload.size() <= ws::kControlPayloadMax);
      return;
    case ws::Opcode::kClose: {
      SB_ASSERT(!is_compressed && payload.size() <= ws::kControlPayloadMax && payload.size() != 1);
      if (!payload.empty()) {
        const unsigned high = static_cast<unsigned char>(payload[0]);
        const unsigned low = static_cast<unsigned char>(payload[1]);
        SB_ASSERT(ws::is_sendable_close_code(static_cast<std::uint16_t>(high << 8 | low)));
        SB_ASSERT(is_utf8(payload.substr(2)));
      }
      state_ = State::kClosed;
      return;
    }
    default:
      SB_ASSERT(false && "an opcode that this server never sends");
  }
}

}  // namespace switchboard::fuzz
