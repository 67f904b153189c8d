// What back ends are told of: the kinds there are, and one that happened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace switchboard::webhook {

enum class EventType : std::uint8_t {
  kRoomOccupied,
  kRoomVacated,
  kUserJoined,  // a room, with the first of the user's connections
  kUserLeft,    // it, with the last one
  kUserOnline,
  kUserOffline,
  kConnectionOpened,
  kConnectionClosed,
  kMessagePublished,
  kTokenRevoked,
  kServerStarted,  // nobody is anywhere any more
  // Whoever is told anything is told these, too.
  kEventsLost,
  kTest,
};
inline constexpr std::size_t kEventTypes = static_cast<std::size_t>(EventType::kTest) + 1;

inline constexpr std::array<std::string_view, kEventTypes> kEventNames = {
    "room.occupied",  "room.vacated",      "user.joined",       "user.left",         "user.online",
    "user.offline",   "connection.opened", "connection.closed", "message.published", "token.revoked",
    "server.started", "events.lost",       "webhook.test",
};

constexpr std::string_view name(EventType type) {
  return kEventNames[static_cast<std::size_t>(type)];
}

/// A set of types.
class EventTypes {
 public:
  constexpr EventTypes() = default;
  static constexpr EventTypes all() {
    EventTypes types;
    types.bits_ = (1u << kEventTypes) - 1;
    return types;
  }
  constexpr bool has(EventType type) const { return (bits_ >> static_cast<unsigned>(type) & 1u) != 0; }
  constexpr void add(EventType type) { bits_ |= 1u << static_cast<unsigned>(type); }
  constexpr EventTypes& operator|=(EventTypes other) {
    bits_ |= other.bits_;
    return *this;
  }
  constexpr std::uint32_t bits() const { return bits_; }
  static constexpr EventTypes of_bits(std::uint32_t bits) {
    EventTypes types;
    types.bits_ = bits;
    return types;
  }

 private:
  std::uint32_t bits_ = 0;
};

/// "room.occupied", "room.*" (all that begin so) or "*". None when that names no type.
std::optional<EventTypes> event_types_of(std::string_view pattern);

struct Event {
  EventType type;
  UnixMillis at = 0;
  std::string room_id = {};  // "" when it is about none; "@" and the user for a user's own
  std::string data = {};     // a JSON object
};

/// "2026-11-28T09:30:00.123Z" (RFC 3339).
std::string timestamp_text(UnixMillis at);

}  // namespace switchboard::webhook
