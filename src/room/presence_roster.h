// Who is in one room, by user, and what those who watch it are to be told of it. Kept by the room's home, and only
// while somebody asks. It is handed connections that come and go, and the time; it knows nothing of shards and sends
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "protocol/push.h"

namespace switchboard::room {

/// What the connections of one user at one source (a shard) say of that user.
struct GivenInfo {
  std::uint32_t source = 0;
  std::uint64_t stamp = 0;  // when it was given: of all sources' the latest counts; 0: none is given there (any more)
  std::string_view info;    // JSON text
};

/// What has happened since the last change was taken. Views are valid until the next one is.
struct RosterChange {
  std::vector<protocol::PresentUser> joined;
  std::vector<protocol::PresentUser> changed;  // were there and are, with another info (or none any more)
  std::vector<protocol::PresentUser> left;
  std::uint64_t count = 0;  // users in the room now
  bool is_partial = false;  // there are more: not all are named

  std::size_t users() const { return joined.size() + changed.size() + left.size(); }
  bool is_empty() const { return users() == 0 && !is_partial; }
};

/// A stretch of the list of users. Views are valid until the roster changes.
struct RosterPage {
  std::vector<protocol::PresentUser> users;  // ascending by the bytes of their names
  std::string_view next;                     // the last one's name, if there are more
};

/// Every operation on one user takes O(log users).
class PresenceRoster {
 public:
  /// Of one change: users, and the bytes of JSON text that they take.
  static constexpr std::size_t kChangeUsersMax = 100;
  static constexpr std::size_t kChangeBytesMax = 32 * 1024;

  PresenceRoster() = default;
  PresenceRoster(const PresenceRoster&) = delete;  // it points into itself
  PresenceRoster& operator=(const PresenceRoster&) = delete;

  /// So many connections (not 0) of that user had joined before anybody asked: they are there, but have not come.
  /// `given`: what a source says of it from now on; without, that is as before.
  void add_found(std::string_view user_id, std::uint32_t connections, const std::optional<GivenInfo>& given);
  /// So many connections more (or fewer, but never fewer than none). A user whose last one has gone is there for
  /// `grace` longer, with the info that it had, if anybody has been told that it came.
  void change(std::string_view user_id, std::int32_t connections, const std::optional<GivenInfo>& given, Instant now,
              Duration grace);

  /// Users in the room, those in their grace included.
  std::uint64_t count() const { return count_; }

  /// Ends the graces that are over.
  void expire(Instant now);
  /// When the first of them is.
  std::optional<Instant> next_expiry() const;

  /// Since when there is something to tell; none when there is nothing.
  std::optional<Instant> changed_since() const;
  /// What that is. Who came and went meanwhile is not mentioned, nor whose info is what it was, unless a page was read
  /// in between, which may have shown the room as it was then.
  RosterChange take_change();

  /// The users behind `after` ("" begins the list), at most `users_max` (not 0) and at most `bytes_max` bytes of JSON
  /// text with `next`, but at least one if there is one.
  RosterPage page(std::string_view after, std::size_t users_max, std::size_t bytes_max);

 private:
  struct User;
  using Users = std::map<std::string, User, std::less<>>;
  using Graces = std::multimap<Instant, Users::iterator>;  // by their end
  struct Given {
    std::uint32_t source;
    std::uint64_t stamp;
    std::string info;
  };
  struct User {
    std::vector<Given> given;               // one for each source that gives one; the latest is shown
    std::unique_ptr<std::string> known;     // what is shown as watchers know it, once it has changed
    std::optional<Graces::iterator> grace;  // while its last connection has gone, but it has not
    std::uint64_t pages_before = 0;         // pages read before it changed, while `is_changed`
    std::uint32_t connections = 0;
    bool is_announced = false;  // there, as watchers know it
    bool is_changed = false;    // in `changed_`
    bool has_moved = false;     // came or went, while `is_changed`

    bool is_present() const { return connections > 0 || grace.has_value(); }
    std::string_view info() const;
  };

  Users::iterator find_or_add(std::string_view user_id);
  void end_grace(User& user);
  /// Of a user that has connections now.
  static void take_info(User& user, const std::optional<GivenInfo>& given, bool was_connected);
  /// Its last connection has gone: what is shown stays, whoever gave it.
  static void keep_info(User& user);
  /// What is to be told of it, if anything.
  enum class News : std::uint8_t { kNone, kJoined, kChanged, kLeft };
  News news_of(const User& user) const;
  void on_changed(Users::iterator user, Instant now);
  /// It came or went.
  void on_moved(Users::iterator user, Instant now);

  Users users_;  // also those who have gone and of whom that has still to be told
  Graces graces_;
  std::vector<Users::iterator> changed_;
  std::vector<Users::node_type> gone_;  // named in the change that was taken last
  Instant changed_since_{};
  std::uint64_t count_ = 0;
  std::uint64_t pages_read_ = 0;
};

}  // namespace switchboard::room
