// Who is in which room, and who is there at all, by user and not by connection: what events about users are made of. Of
// each it knows how many connections there are. Who is back within the grace has not been gone.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/flat_map.h"
#include "base/name_hash.h"
#include "base/siphash.h"
#include "base/time.h"

namespace switchboard::webhook {

class Attendance {
 public:
  /// A user is there, or is not any more.
  using Tell = std::function<void(std::string_view room_id, std::string_view user_id, bool is_there, UnixMillis at)>;

  /// `key`: so that no client can aim at another's place. `tell` is called during the calls below.
  Attendance(Duration grace, HashKey key, Tell tell)
      : grace_(grace), key_(key), tell_(std::move(tell)), rooms_(NameHash{key}) {}

  /// One connection of the user more in that room; "" stands for the whole server.
  void add(std::string_view room_id, std::string_view user_id, UnixMillis at);
  /// One fewer. Of one that it was never told of nothing is known.
  void remove(std::string_view room_id, std::string_view user_id, Instant now, UnixMillis at);
  /// The room has nobody any more: whose grace is not over has left, too.
  void end_room(std::string_view room_id);

  void run(Instant now);
  std::optional<Instant> next_due() const;
  /// From now on. What has begun already ends as it was to.
  void set_grace(Duration grace) { grace_ = grace; }
  /// Users, counted in each room.
  std::size_t size() const;

 private:
  struct Present {
    std::uint32_t connections = 0;
    std::uint64_t departure = 0;  // its last, as numbered below
    UnixMillis left_at = 0;
  };
  struct Departure {
    Instant due;
    std::uint64_t number;
    std::string room_id;
    std::string user_id;
  };
  using Users = NameMap<Present>;

  Duration grace_;
  HashKey key_;
  Tell tell_;
  NameMap<Users> rooms_;
  std::deque<Departure> departures_;  // in the order they came in
  std::uint64_t last_departure_ = 0;
};

}  // namespace switchboard::webhook
