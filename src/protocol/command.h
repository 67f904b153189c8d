// What a client may ask (docs/PROTOCOL.md), decoded from one JSON document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/seq.h"
#include "protocol/error.h"
#include "protocol/user_room.h"

namespace switchboard::protocol {

/// A place in a room's history: the last message that a client has, and which counter its number is of.
struct Since {
  Seq seq;
  std::string_view epoch;
};
struct Join {
  std::string_view room_id;         // "@me": the user's own room
  std::string_view user_id = {};    // "" when left out
  std::optional<Since> since = {};  // resume behind it
  std::uint32_t last = 0;           // so many of the newest messages first; not together with `since`
  bool presence = false;            // wants to be told who comes and goes
  std::string_view info = {};       // JSON text, shown to whoever asks for presence; "" when left out

  /// A plain join, which may be repeated.
  bool is_plain() const { return !since && last == 0 && !presence; }
};
struct Leave {
  std::string_view room_id;
};
struct Broadcast {
  std::string_view room_id;
  std::string_view content;       // the JSON value's own bytes, surrounding white space removed
  std::optional<bool> echo = {};  // none: as the room's namespace says; the session fills it in
  std::string_view dedup = {};    // "" when left out
};
struct Direct {
  std::string_view user_id;  // to whom
  std::string_view content;
  std::string_view dedup = {};
  bool own_devices = false;  // the sender's other connections get a copy
};
struct History {
  std::string_view room_id;        // "@me": the user's own
  std::optional<Seq> before = {};  // the newest messages before this one ...
  std::optional<Seq> after = {};   // ... or the oldest after that one; neither: the newest
  std::uint32_t limit = 50;        // messages, 1 to kHistoryMessagesMax
};
struct Presence {
  std::string_view room_id;
  std::string_view next = {};  // where an earlier answer says that the list goes on; "" begins it
  std::uint32_t limit = 100;   // users, 1 to kPresenceUsersMax
};
struct Ping {};
/// Says who the client is, or that it still may be.
struct Auth {
  std::string_view token;
};

/// Views are into the decoded message or the decoder, valid until its next `next`.
struct Command {
  std::variant<Ping, Join, Leave, Broadcast, Direct, History, Presence, Auth> body;
  std::string_view id;  // raw JSON text, "" when there is none
};

/// As in its `type`: "join".
std::string_view type_of(const Command& command);

inline constexpr std::size_t kNameBytesMax = 255;      // room and user ids
inline constexpr std::size_t kCommandIdBytesMax = 64;  // of `id`, without its quotes
inline constexpr std::size_t kDedupBytesMax = 64;
inline constexpr std::size_t kInfoBytesMax = 1'024;  // of `info`, as JSON text
inline constexpr std::size_t kEpochBytesMax = 64;
inline constexpr std::size_t kTokenBytesMax = 8'192;
inline constexpr std::uint32_t kHistoryMessagesMax = 1'000;  // of one `history`, and of `last`
inline constexpr std::uint32_t kPresenceUsersMax = 1'000;    // of one `presence`
/// Numbers above it are taken for it: no room gets there, and one more still fits in a signed 64-bit integer.
inline constexpr Seq kSeqMax{0x7FFF'FFFF'FFFF'FFFE};

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
  std::string text_;  // `dedup`, `next`, `token`, or the epoch of `since`: no command has two of them
};

}  // namespace switchboard::protocol
