// What a room is allowed, by namespace: the part of its id before the first ':'.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace switchboard::room {

/// What becomes of a member whose cursor has fallen off the room's backlog.
enum class SlowClientPolicy : std::uint8_t {
  kSkip,        // it goes on from the oldest entry still there; what it missed is counted and declared
  kDisconnect,  // it is closed with 4101
};

struct RoomSettings {
  std::uint64_t backlog_bytes = 1 << 20;    // how far behind, in encoded bytes, a member may fall (4 KiB to 1 GiB)
  std::uint32_t backlog_messages = 10'000;  // and in messages (1 to 10,000,000)
  std::uint32_t members_max = 1'000'000;    // members of one room, over all shards; more get `room_full`
  SlowClientPolicy slow_client = SlowClientPolicy::kSkip;
};

/// The namespaces' settings. Immutable once handed to a shard.
class RoomSettingsTable {
 public:
  explicit RoomSettingsTable(RoomSettings defaults = {}) : default_(defaults) {}

  void set(std::string name, RoomSettings settings) { named_[std::move(name)] = settings; }

  const RoomSettings& defaults() const { return default_; }
  const std::unordered_map<std::string, RoomSettings>& named() const { return named_; }

  const RoomSettings& of(std::string_view room_id) const {
    const auto colon = room_id.find(':');
    if (colon == std::string_view::npos || named_.empty()) return default_;
    const auto found = named_.find(std::string(room_id.substr(0, colon)));
    return found == named_.end() ? default_ : found->second;
  }

 private:
  RoomSettings default_;
  std::unordered_map<std::string, RoomSettings> named_;
};

}  // namespace switchboard::room
