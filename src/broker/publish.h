// A message that is to be put in order, and who asks for that.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/slot_table.h"

namespace switchboard::broker {

/// Who publishes. Plain, so that it can travel to the home shard and its answer back.
struct Origin {
  enum class Kind : std::uint8_t {
    kConnection,  // a client of this process: that connection of that shard. What becomes of it is told
    kApi,         // somebody who asked that shard over HTTP. What becomes of it is told
    kBus,         // somebody at another process, which has told him: nobody here waits for an answer
  };

  std::uint32_t shard = 0;
  SlotId connection;
  bool wants_ack = false;
  /// Not 0: its shard counts so many bytes as under way for that connection, and is told the outcome in any case.
  std::uint32_t counted_bytes = 0;
  bool is_answered = false;  // it was told that the outcome is delayed: nobody waits for it any more
  Kind kind = Kind::kConnection;
};

/// One message to be put in order. All views are valid during the call only: a broker that answers later copies.
struct Publish {
  std::string_view room_id;
  std::string_view content;  // JSON text
  std::string_view sender;
  std::string_view to;          // of the sender's own copy of a direct message: whom it went to; else ""
  std::string_view dedup;       // "" for none; with the sender and the room it names one message, for a time
  std::string_view command_id;  // raw JSON text of the publisher's id, "" for none
  Origin origin;
  bool echo = true;  // false: not to the connection it came from
};

}  // namespace switchboard::broker
