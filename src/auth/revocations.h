// Tokens that are no good any more although nothing in them says so: of a user, all that were made before a moment, or
// a single one by its id; and tokens that are no good any more for one room. Each is remembered until the last token it
// could concern has ended by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace switchboard::auth {

struct Revocation {
  std::string room_id = {};      // "": of tokens as a whole
  std::string user_id = {};      // "", with a room only: everybody's
  std::string token_id = {};     // "": all of the user's; never with a room
  UnixMillis issued_before = 0;  // with a token's id it says nothing
  UnixMillis until = 0;          // when it may be forgotten
};

/// What is looked at of a token, or of a connection that has shown one.
struct RevocableToken {
  std::string_view user_id;
  std::uint64_t token_id_hash = 0;      // see hash_of_token_id
  std::optional<UnixMillis> issued_at;  // none: nobody knows, so it counts as older than anything
};

/// For connections, which need not keep the id itself. 0 for "".
std::uint64_t hash_of_token_id(std::string_view token_id);

/// One thread's.
class Revocations {
 public:
  static constexpr std::size_t kMax = 100'000;

  /// A later one of the same user, or token, takes the place of the earlier. False when there are as many as may be;
  /// those that are over by `now` are forgotten first.
  bool add(const Revocation& revocation, UnixMillis now);
  /// Whether one more may be added.
  bool has_room(UnixMillis now);
  bool concerns(const RevocableToken& token) const;
  /// Whether it is no good for that room any more. Without an allocation.
  bool concerns_in(std::string_view room_id, const RevocableToken& token) const;
  std::size_t size() const { return by_user_.size() + by_token_.size() + in_rooms_; }
  bool empty() const { return size() == 0; }
  void forget_ended(UnixMillis now);

  /// Calls f(const Revocation&) for each that is in force.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& [user, revocation] : by_user_)
      f(revocation);
    for (const auto& [key, revocation] : by_token_)
      f(revocation);
    for (const auto& [room, users] : by_room_)
      for (const auto& [user, revocation] : users)
        f(revocation);
  }

 private:
  using ByUser = std::map<std::string, Revocation, std::less<>>;

  ByUser by_user_;
  std::map<std::string, ByUser, std::less<>> by_room_;  // "" is everybody
  std::size_t in_rooms_ = 0;                            // over all rooms
  std::map<std::pair<std::string, std::uint64_t>, Revocation> by_token_;
};

/// One line of JSON, and back; none for what is no such line.
std::string line_of(const Revocation& revocation);
std::optional<Revocation> revocation_of(std::string_view line);

}  // namespace switchboard::auth
