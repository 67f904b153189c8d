// What shards say to each other. Requests go to a room's home shard, results come from it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/seq.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "broker/held_publish.h"
#include "protocol/error.h"
#include "shard/api_messages.h"
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
  SlotId home_room;          // none when whoever asks is not in the room: then by name
  std::string room_id = {};  // "" when there is `home_room`
  PageWish wish;
  PageTicket ticket;
};
/// One member fewer.
struct LeaveRequest {
  SlotId home_room;
  wire::Format format;
};
using Request = std::variant<std::monostate, JoinRequest, PublishRequest, LeaveRequest, ReadRequest, PresenceReport,
                             PresenceRequest, std::unique_ptr<ApiQuestion>>;

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
/// How a publish ended, for its publisher. Views, valid during the call.
struct PublishOutcome {
  SlotId connection;
  broker::Origin::Kind asker = broker::Origin::Kind::kConnection;
  std::uint32_t counted_bytes = 0;  // as in its origin
  bool is_told = true;              // false: the client is not told, it is only counted
  std::string_view room_id;
  std::string_view command_id;
  std::optional<protocol::ErrorCode> refusal;  // none: it is committed, and what follows says where
  Seq seq;
  std::string_view epoch;
  UnixMillis ts = 0;
  bool is_duplicate = false;
};
/// The same on its way to another shard; of what nobody is told the texts are empty.
struct PublishResult {
  SlotId connection;
  broker::Origin::Kind asker = broker::Origin::Kind::kConnection;
  std::uint32_t counted_bytes = 0;
  bool is_told = true;
  std::string room_id;
  std::string command_id;
  std::optional<protocol::ErrorCode> refusal;
  Seq seq;
  std::string epoch;
  UnixMillis ts = 0;
  bool is_duplicate = false;

  static PublishResult copy_of(const PublishOutcome& outcome) {
    const auto text = [&](std::string_view view) { return outcome.is_told ? std::string(view) : std::string(); };
    return {.connection = outcome.connection,
            .asker = outcome.asker,
            .counted_bytes = outcome.counted_bytes,
            .is_told = outcome.is_told,
            .room_id = text(outcome.room_id),
            .command_id = text(outcome.command_id),
            .refusal = outcome.refusal,
            .seq = outcome.seq,
            .epoch = text(outcome.epoch),
            .ts = outcome.ts,
            .is_duplicate = outcome.is_duplicate};
  }
  PublishOutcome outcome() const {
    return {.connection = connection,
            .asker = asker,
            .counted_bytes = counted_bytes,
            .is_told = is_told,
            .room_id = room_id,
            .command_id = command_id,
            .refusal = refusal,
            .seq = seq,
            .epoch = epoch,
            .ts = ts,
            .is_duplicate = is_duplicate};
  }
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

  /// A shard has looked for the user, and had a connection of it or none. True for the last one, if nobody has had it
  /// who should have. Any thread.
  bool note_looked(bool has_arrived_here) const {
    if (has_arrived_here) has_arrived.store(true, std::memory_order_relaxed);
    const bool is_last = shards_left.fetch_sub(1, std::memory_order_acq_rel) == 1;
    return is_last && !is_copy && !has_arrived.load(std::memory_order_relaxed);
  }
};
/// For every connection of the user that the receiving shard may have: all shards are told.
struct UserResult {
  SlotId excluded;  // as in CommittedResult
  std::shared_ptr<const UserMessage> message;
};
using Result =
    std::variant<std::monostate, std::unique_ptr<ApiFinding>, JoinResult, CommittedResult, EpochResult, PublishResult,
                 PageResult, UserResult, TrackResult, PresenceChangeResult, PresenceListResult>;

}  // namespace switchboard::shard
