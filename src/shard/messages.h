// What shards say to each other. Requests go to a room's home shard, results come from it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/slot_table.h"
#include "base/time.h"
#include "protocol/error.h"
#include "protocol/seq.h"
#include "ws/frame_writer.h"

namespace switchboard::shard {

// --- requests --------------------------------------------------------------------------------------------------

struct JoinRequest {
  std::string room_id;
  std::string command_id;
  SlotId view;  // of the asking shard
  ws::Encoding encoding;
  SlotId connection;
};
struct PublishRequest {
  SlotId home_room;
  std::string content;
  std::string sender;
  std::string command_id;
  SlotId connection;
  bool echo = true;
};
/// One member fewer.
struct LeaveRequest {
  SlotId home_room;
  ws::Encoding encoding;
};
using Request = std::variant<std::monostate, JoinRequest, PublishRequest, LeaveRequest>;

// --- results ---------------------------------------------------------------------------------------------------

struct JoinResult {
  SlotId view;
  SlotId connection;
  std::string command_id;
  SlotId home_room;  // none when refused
  Seq last;          // the room's last message: the member's cursor opens behind it
  std::string epoch;
  protocol::ErrorCode refusal{};  // why, when home_room is none
};
/// A committed message's frame, in each encoding that is wanted anywhere. Views of the bytes.
struct Frames {
  std::string_view plain;
  std::string_view deflated;  // empty where the message stands as it is among the compressed ones, too

  std::string_view in(ws::Encoding encoding) const {
    return encoding == ws::Encoding::kDeflated && !deflated.empty() ? deflated : plain;
  }
};
/// The same on its way to other shards, encoded once by the home shard. Immutable: any number of shards may read it.
struct CommittedFrame {
  Seq seq;
  std::string plain;
  std::string deflated;

  Frames frames() const { return {.plain = plain, .deflated = deflated}; }
};
/// A shard's views of one room, by ws::Encoding; none where nobody there reads that.
using ViewsByEncoding = std::array<SlotId, 2>;

struct CommittedResult {
  ViewsByEncoding views;
  SlotId excluded;  // the connection of the receiving shard that must not get it, or none
  std::shared_ptr<const CommittedFrame> frame;
};
struct PublishResult {
  SlotId connection;
  std::string room_id;
  std::string command_id;
  bool committed = false;
  protocol::ErrorCode refusal{};  // when it is not
  Seq seq;
  std::string epoch;
  UnixMillis ts = 0;
};
using Result = std::variant<std::monostate, JoinResult, CommittedResult, PublishResult>;

}  // namespace switchboard::shard
