// What a room is allowed, by namespace: the part of its id before the first ':', or "@" for users' own rooms.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/token_bucket.h"
#include "protocol/user_room.h"
#include "room/rights.h"

namespace switchboard::room {

/// What becomes of a member whose cursor has fallen off the room's backlog.
enum class SlowClientPolicy : std::uint8_t {
  kSkip,        // it goes on from the oldest entry still there; what it missed is counted and declared
  kDisconnect,  // it is closed with 4101
};

/// What a committed message survives.
enum class Durability : std::uint8_t {
  kProcess,  // the end of the process, however it comes
  kPower,    // also the end of the machine: it is on the disk before it is committed
};

/// How much of a room's history is kept: the oldest messages go as soon as one of these is exceeded. A little more may
/// stay for a while, because trimming is done in the background.
struct Retention {
  std::uint32_t messages = 1'000;   // 1 to 100,000,000
  std::uint64_t bytes = 64u << 20;  // of encoded messages, 4 KiB to 1 TiB
  std::uint32_t seconds = 86'400;   // age, 1 s to 10 years

  friend bool operator==(const Retention&, const Retention&) = default;
};

struct RoomSettings {
  std::uint64_t backlog_bytes = 1 << 20;    // how far behind, in encoded bytes, a member may fall (4 KiB to 1 GiB)
  std::uint32_t backlog_messages = 10'000;  // and in messages (1 to 10,000,000)
  std::uint32_t members_max = 1'000'000;    // members of one room, over all shards; more get `room_full`
  SlowClientPolicy slow_client = SlowClientPolicy::kSkip;

  bool history = true;       // messages are kept: resume, `history`, catching up
  Retention retention = {};  // of the history
  Durability durability = Durability::kProcess;
  bool presence = true;                     // who is in the room may be asked
  std::uint32_t presence_grace_ms = 5'000;  // a user whose last connection has gone still counts as there (0 to 1 h)
  std::uint32_t presence_window_ms = 500;   // changes that come so soon after one another are told together (0 to 60 s)
  /// A room tells its watchers of changes so rarely that no more pushes than that go out in a second for it, counting
  /// one for each watcher (1 to 1,000,000,000).
  std::uint32_t presence_pushes_per_second = 20'000;
  bool echo = true;                   // whether a sender gets its own message, when it does not say
  bool publish_from_outside = false;  // whether one may broadcast to the room without having joined it
  // Where there is a back end to be asked:
  bool hook_join = false;     // before somebody joins
  bool hook_publish = false;  // before a message is published
  // How often one connection may do so, in all of the namespace's rooms together:
  Rate joins{};
  Rate publishes{};  // of users' own rooms: direct messages
  // Where there is authentication:
  RightSet allow = {};            // what everybody may who has a token
  RightSet allow_anonymous = {};  // and who has none

  /// Which namespace they are of, a hash of its name: the same for as long as the process lives, whatever is reloaded.
  /// The table sets it.
  std::size_t namespace_hash = 0;

  bool has_rates() const { return joins.limited() || publishes.limited(); }
};

/// The namespace of users' own rooms, whatever the users are called: a ':' in their ids means nothing. Who is in such a
/// room is not told (it is always the same user), and it is written to by direct messages only.
inline constexpr std::string_view kUserRooms = "@";

/// The namespaces' settings. Immutable once handed to a shard.
class RoomSettingsTable {
 public:
  explicit RoomSettingsTable(RoomSettings defaults = {})
      : default_(defaults), users_(of_users(defaults)), has_rates_(defaults.has_rates()) {}

  void set(std::string name, RoomSettings settings) {
    settings.namespace_hash = std::hash<std::string_view>()(name);
    has_rates_ = has_rates_ || settings.has_rates();
    if (name == kUserRooms) users_ = of_users(settings);
    named_[std::move(name)] = settings;
  }

  const RoomSettings& defaults() const { return default_; }
  /// Looked up for every broadcast, without a copy of the name.
  using Named = std::map<std::string, RoomSettings, std::less<>>;
  const Named& named() const { return named_; }
  /// Whether any namespace limits how often something may be done there.
  bool has_rates() const { return has_rates_; }

  const RoomSettings& of(std::string_view room_id) const {
    if (protocol::is_user_room(room_id)) return users_;
    const auto colon = room_id.find(':');
    if (colon == std::string_view::npos || named_.empty()) return default_;
    const auto found = named_.find(room_id.substr(0, colon));
    return found == named_.end() ? default_ : found->second;
  }

 private:
  static RoomSettings of_users(RoomSettings settings) {
    settings.presence = false;
    settings.publish_from_outside = false;
    settings.namespace_hash = std::hash<std::string_view>()(kUserRooms);
    return settings;
  }

  RoomSettings default_;
  RoomSettings users_;
  Named named_;
  bool has_rates_;
};

}  // namespace switchboard::room
