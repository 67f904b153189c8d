// What the server sends, as JSON text appended to a buffer. Names are escaped; `content` is copied byte for byte.
// An empty `id` leaves that field out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "protocol/error.h"
#include "protocol/seq.h"

namespace switchboard::protocol {

struct Joined {
  std::string_view room_id;
  std::string_view id;
  Seq seq;                 // the room's last message
  std::string_view epoch;  // "" leaves out both seq and epoch (base clients)
};
struct Left {
  std::string_view room_id;
  std::string_view id;
};
struct Publication {
  std::string_view room_id;
  std::string_view content;
  std::string_view sender;
  Seq seq;
  UnixMillis ts;
};
struct Ack {
  std::string_view id;
  std::string_view room_id;
  Seq seq;
  std::string_view epoch;
  UnixMillis ts;
};
struct Pong {
  std::string_view id;
};
struct Hello {
  std::string_view conn_id;
  std::string_view user_id;  // "" leaves it out
  std::int64_t ping_interval_ms;
  std::size_t message_bytes_max;
  std::string_view server;  // "switchboard/0.1.0"
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
void append(std::string& out, const Publication& push);  // {"type":"broadcast",...}, fields in docs/PROTOCOL.md's order
void append(std::string& out, const Ack& push);
void append(std::string& out, const Pong& push);
void append(std::string& out, const Hello& push);
void append(std::string& out, const Lagged& push);
void append(std::string& out, const GoAway& push);
void append(std::string& out, const Error& error);

}  // namespace switchboard::protocol
