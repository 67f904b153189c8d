// What a client may ask (docs/PROTOCOL.md), decoded from one JSON document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/error.h"

namespace switchboard::protocol {

struct Join {
  std::string_view room_id;
  std::string_view user_id;  // "" when left out
};
struct Leave {
  std::string_view room_id;
};
struct Broadcast {
  std::string_view room_id;
  std::string_view content;  // the JSON value's own bytes, surrounding white space removed
  bool echo = true;
};
struct Ping {};

/// Views are into the decoded message or the decoder, valid until its next `next`.
struct Command {
  std::variant<Ping, Join, Leave, Broadcast> body;
  std::string_view id;  // raw JSON text, "" when there is none
};

inline constexpr std::size_t kNameBytesMax = 255;      // room and user ids
inline constexpr std::size_t kCommandIdBytesMax = 64;  // of `id`, without its quotes

/// Splits a text message into its JSON documents and decodes each. One per shard: it owns scratch memory.
class CommandDecoder {
 public:
  /// `depth_max`: how deep arrays and objects may nest, the command's own object counting as 1.
  explicit CommandDecoder(std::size_t depth_max) : depth_max_(depth_max) {}

  /// Decodes the next document of `rest` (valid UTF-8) and moves `rest` past it and the white space behind it.
  /// After malformed JSON `rest` is empty: where the next document begins cannot be known.
  std::expected<Command, Error> next(std::string_view& rest);

 private:
  std::size_t depth_max_;
  std::string room_id_;  // unescaped copies, used only when the client's text had escapes
  std::string user_id_;
};

}  // namespace switchboard::protocol
