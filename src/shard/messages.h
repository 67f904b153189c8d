// What shards say to each other. Requests go to a room's home shard, results come from it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/seq.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "broker/held_publish.h"
#include "protocol/error.h"
#include "shard/page_ticket.h"
#include "shard/presence_messages.h"
#include "wire/format.h"
#include "wire/formatter.h"
#include "wire/page.h"

namespace switchboard::shard {

// --- requests --------------------------------------------------------------------------------------------------

struct JoinRequest {
  std::string room_id;
  std::string command_id;
  SlotId view;  // of the asking shard
  wire::Format format;
  SlotId connection;
  bool is_watcher = false;  // wants to be told who comes and goes
};
struct PublishRequest {
  SlotId home_room;  // none when the publisher is not in the room: then by name
  broker::HeldPublish publish;
};
/// A stretch of a room's history is wanted, for `ticket` of the asking shard.
struct ReadRequest {
  SlotId home_room;
  PageWish wish;
  PageTicket ticket;
};
/// One member fewer.
struct LeaveRequest {
  SlotId home_room;
  wire::Format format;
};
using Request = std::variant<std::monostate, JoinRequest, PublishRequest, LeaveRequest, ReadRequest, PresenceReport,
                             PresenceRequest>;

// --- results ---------------------------------------------------------------------------------------------------

struct JoinResult {
  SlotId view;
  SlotId connection;
  std::string command_id;
  SlotId home_room;  // none when refused
  Seq first;         // the oldest message that is kept, as in broker::Head
  Seq last;          // the room's last message: the cursor of who asks for nothing else opens behind it
  std::string epoch;
  protocol::ErrorCode refusal{};  // why, when home_room is none
  TrackingRound tracking = 0;     // in which the room is tracked
  bool is_watcher = false;        // as in the request
};
/// A committed message on its way to other shards, written once by the home shard. Immutable: any number of shards may
/// read it.
struct CommittedMessage {
  Seq seq;
  wire::PerFormat<std::string> bytes;

  static CommittedMessage copy_of(Seq seq, const wire::Formatted& message) {
    CommittedMessage copy{.seq = seq, .bytes = {}};
    std::ranges::copy(message.bytes, copy.bytes.begin());
    return copy;
  }
  /// Views of it.
  wire::Formatted formatted() const {
    wire::Formatted message;
    std::ranges::copy(bytes, message.bytes.begin());
    return message;
  }
};
struct CommittedResult {
  ViewsByFormat views;
  SlotId excluded;  // the connection of the receiving shard that must not get it, or none
  std::shared_ptr<const CommittedMessage> message;
};
/// The room's counter was lost and begun anew: what comes next follows `last` in `epoch`.
struct EpochResult {
  ViewsByFormat views;
  std::string epoch;
  Seq last;
};
struct PublishResult {
  SlotId connection;
  std::uint32_t counted_bytes = 0;  // as in the request, once
  bool is_told = true;              // false: the client is not told, it is only counted
  std::string room_id;
  std::string command_id;
  bool committed = false;
  protocol::ErrorCode refusal{};  // when it is not
  Seq seq;
  std::string epoch;
  UnixMillis ts = 0;
  bool is_duplicate = false;
};
struct PageResult {
  PageTicket ticket;
  wire::PageOrError page;
};
/// A message to a user on its way to all other shards. Only whether anybody has had it changes: the last shard that has
/// looked for the user knows.
struct UserMessage {
  std::string room_id;  // the user's
  std::string epoch;
  bool is_copy;  // the sender's own, for its other connections
  CommittedMessage message;
  mutable std::atomic<std::uint32_t> shards_left;
  mutable std::atomic<bool> has_arrived{false};
};
/// For every connection of the user that the receiving shard may have: all shards are told.
struct UserResult {
  SlotId excluded;  // as in CommittedResult
  std::shared_ptr<const UserMessage> message;
};
using Result = std::variant<std::monostate, JoinResult, CommittedResult, EpochResult, PublishResult, PageResult,
                            UserResult, TrackResult, PresenceChangeResult, PresenceListResult>;

}  // namespace switchboard::shard
