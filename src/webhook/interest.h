// What an endpoint wants to be told.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "auth/grants.h"
#include "webhook/event.h"

namespace switchboard::webhook {

/// Immutable.
class Interest {
 public:
  /// `events`: see event_types_of; `rooms`: patterns, as permissions have them. The error is a sentence.
  static std::expected<Interest, std::string> parse(const std::vector<std::string>& events,
                                                    const std::vector<std::string>& rooms);

  bool wants(EventType type) const { return types_.has(type); }
  /// `room_id` "": about no room.
  bool wants(EventType type, std::string_view room_id) const {
    return types_.has(type) && (room_id.empty() || rooms_.rights_in(room_id, "").has(room::Right::kJoin));
  }
  EventTypes types() const { return types_; }

 private:
  EventTypes types_;
  auth::Grants rooms_;
};

/// "" when it is one, else what is wrong with it.
std::string problem_with_event_pattern(std::string_view pattern);
std::string problem_with_room_pattern(std::string_view pattern);

}  // namespace switchboard::webhook
