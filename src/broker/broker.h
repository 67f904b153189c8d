// Who decides the order of a room's messages. A publish is handed in; what comes back committed, with its number, is
// what members are sent and publishers are told. One broker per home shard; nothing of it is shared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/slot_table.h"
#include "base/time.h"
#include "protocol/error.h"
#include "protocol/seq.h"

namespace switchboard::broker {

/// Which room of the home shard this is about; given out by the home shard.
using TopicId = SlotId;

/// Where a room's counter stands. The epoch names one incarnation of the counter: numbers of different epochs do not
/// compare.
struct Head {
  Seq last;
  std::string_view epoch;  // valid until `close`
};

/// Who publishes. Plain, so that it can travel to the home shard and its answer back.
struct Origin {
  std::uint32_t shard = 0;
  SlotId connection;
  bool wants_ack = false;
};

/// One message to be put in order. All views are valid during the call only: a broker that answers later copies.
struct Publish {
  std::string_view room_id;
  std::string_view content;  // JSON text
  std::string_view sender;
  std::string_view command_id;  // raw JSON text of the publisher's id, "" for none
  Origin origin;
  bool echo = true;  // false: not to the connection it came from
};

struct Commit {
  Seq seq;
  std::string_view epoch;
  UnixMillis ts;
};

/// What a broker answers. Called on the home shard's thread, for one topic in the order of `seq`.
class BrokerEvents {
 public:
  virtual void on_committed(TopicId topic, const Publish& publish, const Commit& commit) = 0;
  virtual void on_refused(TopicId topic, const Publish& publish, protocol::ErrorCode code) = 0;

 protected:
  ~BrokerEvents() = default;
};

class Broker {
 public:
  virtual ~Broker() = default;
  /// A room is wanted: someone joins it.
  virtual Head open(TopicId topic, std::string_view room_id) = 0;
  /// Nobody is in the room any more.
  virtual void close(TopicId topic) = 0;
  /// Ends in exactly one of the two events, during this call or later.
  virtual void publish(TopicId topic, const Publish& publish) = 0;
  /// Where an open topic stands: what has been committed so far.
  virtual Head head(TopicId topic) const = 0;
};

}  // namespace switchboard::broker
