// Who is told what happens in rooms and to connections, for back ends that want to know. Called on the shards' threads,
// at the moment when it has happened: what one causes comes behind it, on whichever shard. Must not block.
#pragma once

#include <string_view>

#include "base/time.h"
#include "broker/broker.h"
#include "session/connection.h"

namespace switchboard::shard {

/// Views are valid during the call. Users' own rooms ("@...") are not told of.
class EventSink {
 public:
  // By the room's home.
  virtual void on_room_occupied(std::string_view room_id) = 0;  // it has its first member
  virtual void on_room_vacated(std::string_view room_id) = 0;
  virtual void on_published(std::string_view room_id, const broker::Commit& commit) = 0;  // never a duplicate

  // Of each connection: a user may have several.
  virtual void on_entered(std::string_view room_id, std::string_view user_id) = 0;
  virtual void on_left(std::string_view room_id, std::string_view user_id) = 0;
  virtual void on_named(std::string_view user_id) = 0;                // once it is known who it is
  virtual void on_gone(std::string_view user_id) = 0;                 // of one that was named
  virtual void on_opened(const session::Connection& connection) = 0;  // its handshake is done
  virtual void on_closed(const session::Connection& connection, Instant now) = 0;

 protected:
  ~EventSink() = default;
};

}  // namespace switchboard::shard
