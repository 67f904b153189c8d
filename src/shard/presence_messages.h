// What shards say to each other about who is in a room. A room is *tracked* while somebody asks: then its home has told
// the shards with members, and they report who is there and every change, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/slot_table.h"
#include "protocol/error.h"
#include "wire/format.h"

namespace switchboard::shard {

/// A shard's views of one room; none where nobody there reads that.
using ViewsByFormat = wire::PerFormat<SlotId>;

/// Names one stretch of time in which a room is tracked; 0 is none. What is reported for another one is dropped.
using TrackingRound = std::uint64_t;

// --- requests --------------------------------------------------------------------------------------------------

/// What one shard's connections of a user want to be shown of it: of those that gave an info the latest.
struct UserInfo {
  std::uint64_t stamp =
      0;             // when it was given, by a clock that all shards share, no two of one shard the same; 0: none
  std::string info;  // JSON text
};
/// Of one user what the home has not been told.
struct ReportedUser {
  std::string user_id;
  std::optional<UserInfo> info;  // none: as it was
  std::uint32_t found = 0;       // connections that had joined before the room was tracked
  std::int32_t change = 0;       // connections that came (or went) since
};
struct PresenceReport {
  SlotId home_room;
  TrackingRound round;
  std::vector<ReportedUser> users;
  std::uint32_t watchers_gone = 0;
  std::uint32_t views_reported = 0;  // of those in TrackResults: all who were there have been reported
};
/// Who wants the list.
enum class PresenceAsker : std::uint8_t { kSession, kApi };

/// A stretch of the list of users is wanted.
struct PresenceRequest {
  SlotId home_room;          // none when whoever asks is not in the room: then by name
  std::string room_id = {};  // "" when there is `home_room`
  PresenceAsker asker = PresenceAsker::kSession;
  SlotId connection;
  std::string command_id;
  std::string after;
  std::uint32_t users_max;
  std::uint32_t bytes_max;  // of the whole answer; one user is always given
};

// --- results ---------------------------------------------------------------------------------------------------

/// Those views of the room are tracked from now on, or with round 0: no longer.
struct TrackResult {
  std::uint32_t home;
  SlotId home_room;
  TrackingRound round;
  ViewsByFormat views;
};
/// A presence_change, encoded once by the home shard. Immutable: any number of shards may read it.
struct PresenceFrame {
  std::string frame;
  std::uint64_t count;  // of users, as the frame says
};
struct PresenceChangeResult {
  ViewsByFormat views;  // for those who watch one of them
  std::shared_ptr<const PresenceFrame> frame;
};
struct ListedUser {
  std::string user_id;
  std::string info;
  std::uint32_t connections;
};
struct PresenceListResult {
  PresenceAsker asker = PresenceAsker::kSession;
  SlotId connection;
  std::string room_id;
  std::string command_id;
  protocol::ErrorCode refusal{};  // when `is_refused`
  bool is_refused = false;
  std::uint64_t count = 0;
  std::vector<ListedUser> users;
  std::string next;
};

}  // namespace switchboard::shard
