// What the API of one shard asks of all shards, this one included, and what each of them finds. Each is asked by itself
// and answers by itself: what is put together of it, ApiRequests knows.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/slot_table.h"
#include "base/time.h"

namespace switchboard::shard {

// --- what is asked -------------------------------------------------------------------------------------------------

/// The user's connections on the receiving shard are to be closed.
struct CloseUser {
  std::string user_id;
};
/// The rooms whose home the receiving shard is, in the order of their names: those behind `after` that begin with
/// `prefix`.
struct ListRooms {
  std::string prefix;
  std::string after;  // "": from the first one on
  std::uint32_t rooms_max = 0;
};

/// The user's connections on the receiving shard, any of them.
struct ListConnections {
  std::string user_id;
  std::uint32_t connections_max = 0;
};

/// They are to join that room, or to leave it.
struct MoveUser {
  enum class Way : std::uint8_t { kIn, kOut };
  std::string user_id;
  std::string room_id;
  Way way{};
};

using AskedOfAll = std::variant<CloseUser, ListRooms, ListConnections, MoveUser>;
struct ApiQuestion {
  SlotId asker;  // a connection to the API of the asking shard
  std::uint64_t request = 0;
  AskedOfAll what;
};

// --- what is found -------------------------------------------------------------------------------------------------

/// So many connections were concerned.
struct ConnectionCount {
  std::uint64_t connections = 0;
  std::uint64_t refused = 0;  // of MoveUser: those that could not
};
struct ListedRoom {
  std::string room_id;
  std::uint64_t connections = 0;
};
struct RoomsFound {
  std::vector<ListedRoom> rooms;
  bool more = false;  // there are further ones behind the last
};

struct ListedConnection {
  std::string connection_id;  // as in the log
  std::string address;
  UnixMillis since = 0;
  std::string listener;
  std::uint32_t rooms = 0;
};
struct ConnectionsFound {
  std::vector<ListedConnection> connections;
  bool more = false;  // there are others
};

struct ApiFinding {
  std::uint32_t shard = 0;  // which has found it
  SlotId asker;
  std::uint64_t request = 0;
  std::variant<ConnectionCount, RoomsFound, ConnectionsFound> what;
};

}  // namespace switchboard::shard
