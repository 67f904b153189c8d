// One connection to the HTTP API on its shard: the HTTP machine, the transport under it, and what its request waits
// for. Plain data: ApiDesk works on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/answer.h"
#include "api/operation.h"
#include "base/time.h"
#include "http/server_connection.h"
#include "net/address.h"
#include "net/transport.h"
#include "shard/api_messages.h"
#include "shard/history_queries.h"
#include "shard/room_merge.h"

namespace switchboard::shard {

struct ApiClient {
  enum class Doing : std::uint8_t {
    kNothing,     // a request is read, or its answer written
    kPublishing,  // messages are handed in, or their outcomes awaited
    kReading,     // a page of history is awaited, or to be asked for
    kListing,     // so is a list of users
    kAsking,      // all shards are to be asked, and their answers awaited
    kMerging,     // so are they, again and again perhaps, for a list
    kElsewhere,   // somebody outside of the shards is to do it
  };

  ApiClient(std::unique_ptr<net::Transport> stream, const net::PeerAddress& from, const http::ConnectionLimits& limits,
            Instant now)
      : transport(std::move(stream)), peer(from), http(limits, now) {}

  std::unique_ptr<net::Transport> transport;
  net::PeerAddress peer;
  http::ServerConnection http;
  std::shared_ptr<const api::Key> key;  // of the request that is read or answered, once it was looked for; null: none
  Doing doing = Doing::kNothing;
  std::uint64_t request = 0;  // its number on this connection: what is answered late is of an earlier one
  Instant asked_at{};

  // kPublishing
  std::vector<api::Message> messages;
  std::string content;                 // of all of them; "": each has its own
  std::vector<api::Outcome> outcomes;  // one for each
  std::size_t handed_in = 0;
  std::size_t answered = 0;
  bool is_batch = false;
  // kReading
  std::optional<HistoryQuery> history;
  std::string history_epoch;
  std::uint64_t page_ticket = 0;  // 0: none is under way
  // kReading, kListing
  std::string name;  // of the room
  api::ReadPresence presence;
  // kAsking; of kListing: whether the home is asked
  ApiQuestion question;
  std::optional<ConnectionsFound> connections;  // of all shards, as many as are wanted
  std::uint32_t connections_max = 0;
  std::uint32_t shards_asked = 0;
  std::uint32_t shards_answered = 0;
  ConnectionCount count;
  // kMerging
  std::optional<RoomMerge> rooms;

  bool is_in_line = false;
  bool is_stalled = false;    // what it asks for found no room on its way
  bool has_finished = false;  // our side of the stream
  bool has_failed = false;
  bool hung_up = false;
};

}  // namespace switchboard::shard
