// The client's side of RFC 6455 framing and of RFC 7692, written apart from the server's on purpose: what one side gets
// wrong the other must not get wrong in the same way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace switchboard::test {

/// RFC 6455 section 5.2, in the tests' own words.
namespace opcode {
inline constexpr std::uint8_t kText = 0x1;
inline constexpr std::uint8_t kBinary = 0x2;
inline constexpr std::uint8_t kClose = 0x8;
inline constexpr std::uint8_t kPing = 0x9;
inline constexpr std::uint8_t kPong = 0xA;
}  // namespace opcode

struct ServerFrame {
  std::uint8_t opcode = 0;
  std::string payload;  // inflated
  bool was_deflated = false;
};

/// Takes a server's bytes, gives its frames. Servers must not mask, and ours never fragments.
class ServerFrameReader {
 public:
  /// permessage-deflate was agreed: text frames may be compressed, within that window.
  void expect_deflate(int window_bits) { deflate_window_bits_ = window_bits; }
  void feed(std::string_view bytes) { bytes_.append(bytes); }
  /// The next whole frame. `error()` is set when the bytes can be none.
  std::optional<ServerFrame> next();
  const std::string& error() const { return error_; }
  /// Bytes of a frame that is not complete.
  std::size_t pending() const { return bytes_.size() - at_; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  std::string error_;
  std::optional<int> deflate_window_bits_;
};

/// One masked frame.
std::string client_frame(std::uint8_t opcode, std::string_view payload, bool is_final, Random& random);

}  // namespace switchboard::test
