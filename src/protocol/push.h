// What the server sends, as JSON text appended to a buffer. Names are escaped; `content` is copied byte for byte.
// An empty `id` leaves that field out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/seq.h"
#include "base/time.h"
#include "protocol/error.h"

namespace switchboard::protocol {

/// What became of a `since`.
enum class Recovery : std::uint8_t {
  kNotAsked,
  kRecovered,     // every message since then follows
  kEpochChanged,  // the rest: not every message, but what there is from `first_seq` on
  kTrimmed,
  kAhead,
};
struct Joined {
  std::string_view room_id;
  std::string_view id;
  Seq seq;                 // the room's last message
  std::string_view epoch;  // "" leaves out everything from `seq` on (base clients)
  Recovery recovery = Recovery::kNotAsked;
  Seq first_seq = {};  // of what follows, where not everything does
};
/// Everything up to `seq`, which `joined` named, has been sent.
struct CaughtUp {
  std::string_view room_id;
  Seq seq;
  bool is_complete = true;  // false: some of it was trimmed meanwhile, as `lagged` has said
};
struct EpochChanged {
  std::string_view room_id;
  std::string_view epoch;
  Seq seq;
};
struct HistoryPage {
  std::string_view room_id;
  std::string_view id;
  std::string_view epoch;
  std::span<const std::string_view> messages;  // JSON texts, as they were sent
  bool more = false;                           // there are further ones in that direction
};
/// One user in a list; also of who came and went, without the numbers.
struct PresentUser {
  std::string_view user_id;
  std::uint32_t connections = 0;
  std::string_view info = {};  // JSON text, "" for none
};
struct PresenceList {
  std::string_view room_id;
  std::string_view id;
  std::uint64_t count = 0;  // users in the room
  std::span<const PresentUser> users;
  std::string_view next;  // "" at the end of the list
};
struct PresenceChange {
  std::string_view room_id;
  std::span<const PresentUser> joined;        // user and info
  std::span<const PresentUser> changed = {};  // the same, of users who were there; left out when empty
  std::span<const PresentUser> left;          // user
  std::uint64_t count = 0;
  bool is_partial = false;  // that is not everything: ask for the list
};
struct Left {
  std::string_view room_id;
  std::string_view id;
  std::string_view reason = {};  // why, when the client did not ask for it: "permission"
};
/// A room's message: {"type":"broadcast",...}. In a user's own room, whose id begins with '@', it is
/// {"type":"direct",...} without a room id; `to` is then the other user in a sender's own copy.
struct Publication {
  std::string_view room_id;
  std::string_view content;
  std::string_view sender;
  Seq seq;
  UnixMillis ts;
  std::string_view to = {};
};
struct Ack {
  std::string_view id;
  std::string_view room_id;  // "@" and the user's name for a direct message, told as "user_id"
  Seq seq;
  std::string_view epoch;
  UnixMillis ts;
  bool is_duplicate = false;
};
struct Pong {
  std::string_view id;
};
struct Hello {
  std::string_view conn_id;
  std::string_view user_id;                        // "" leaves it out
  std::optional<std::int64_t> expires_in_ms = {};  // of its token
  std::int64_t ping_interval_ms;
  std::size_t message_bytes_max;
  std::string_view server;  // "switchboard/0.1.0"
};
/// The client's token is good.
struct Authed {
  std::string_view user_id;
  std::string_view id;
  std::optional<std::int64_t> expires_in_ms = {};  // none: it does not end
};
/// The client's token ends soon.
struct TokenExpiring {
  std::int64_t expires_in_ms;
};
struct Lagged {
  std::string_view room_id;
  Seq from;  // first and last sequence number that was not sent
  Seq to;
};
struct GoAway {
  std::string_view reason;
  std::int64_t reconnect_after_ms;
};

void append(std::string& out, const Joined& push);
void append(std::string& out, const Left& push);
void append(std::string& out, const Publication& push);  // fields in docs/PROTOCOL.md's order
void append(std::string& out, const CaughtUp& push);
void append(std::string& out, const EpochChanged& push);
void append(std::string& out, const HistoryPage& push);
void append(std::string& out, const PresenceList& push);
void append(std::string& out, const PresenceChange& push);
void append(std::string& out, const Ack& push);
void append(std::string& out, const Pong& push);
void append(std::string& out, const Hello& push);
void append(std::string& out, const Authed& push);
void append(std::string& out, const TokenExpiring& push);
void append(std::string& out, const Lagged& push);
void append(std::string& out, const GoAway& push);
void append(std::string& out, const Error& error);

/// The most bytes that this user takes in a PresenceList or PresenceChange, the comma in front included.
std::size_t bytes_max_in_list(const PresentUser& user);
/// The most bytes that a PresenceList takes more when it is not the end and that user is its last.
std::size_t bytes_max_of_next(std::string_view user_id);

}  // namespace switchboard::protocol
