// What this shard has yet to tell the home shards about the tracked rooms that it has members of. A report never fails:
// what does not fit in a mailbox waits here, and changes of one user that wait merge, so it is bounded by the users
// there are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "shard/line.h"
#include "shard/presence_messages.h"

namespace switchboard::shard {

class PresenceReports {
 public:
  /// Of one report.
  static constexpr std::size_t kUsersMax = 256;

  explicit PresenceReports(HashKey key) : key_(key) {}

  /// A tracked room, as its home calls it.
  struct Subject {
    std::uint32_t home;
    SlotId home_room;
    TrackingRound round;
  };
  /// One connection more that had joined before the room was tracked. `info`: what is shown of its user.
  void add_found(const Subject& subject, std::string_view user_id, const UserInfo& info);
  void add_joined(const Subject& subject, std::string_view user_id);
  void add_left(const Subject& subject, std::string_view user_id);
  /// Something else is shown of that user than what had the stamp `before`. Nothing is said of what was shown in
  /// between, nor at all when it is that again.
  void add_info(const Subject& subject, std::string_view user_id, std::uint64_t before, const UserInfo& info);
  void add_watcher_gone(const Subject& subject);
  /// Sent only behind everything that was reported of the room before.
  void add_view_reported(const Subject& subject);

  bool empty() const { return line_.empty(); }

  /// Calls send(std::uint32_t home, PresenceReport&&) for what waits, at most `reports_max` times, and only while
  /// can_send(home).
  template <class CanSend, class Send>
  void flush(std::size_t reports_max, CanSend&& can_send, Send&& send) {
    // Each draft once; what is left of it stands behind the others again.
    for (std::size_t n = line_.size(); n > 0 && reports_max > 0; --n) {
      const SlotId id = line_.front();
      line_.pop_front();
      Draft& draft = drafts_.at(id);
      while (!draft.is_empty() && reports_max > 0 && can_send(draft.subject.home)) {
        send(draft.subject.home, take(draft));
        --reports_max;
      }
      if (draft.is_empty()) {
        erase(id, draft);
      } else {
        line_.push_back(id);
      }
    }
  }

 private:
  struct Pending {
    std::optional<UserInfo> info;
    std::optional<std::uint64_t> info_before;  // its stamp as the home knows it, if it does
    std::uint32_t found = 0;
    std::int32_t change = 0;
  };
  using Users = std::unordered_map<std::string, Pending, NameHash, std::equal_to<>>;
  struct Draft {
    Draft(const Subject& about, HashKey key) : subject(about), users(0, NameHash{key}) {}

    Subject subject;
    Users users;
    std::uint32_t watchers_gone = 0;
    std::uint32_t views_reported = 0;

    bool is_empty() const { return users.empty() && watchers_gone == 0 && views_reported == 0; }
  };
  struct Key {
    std::uint32_t home;
    SlotId home_room;

    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return hash_of(key.home, key.home_room.pack()); }
  };

  Draft& draft_of(const Subject& subject);
  static Pending& pending_of(Draft& draft, std::string_view user_id);
  /// Nothing is to be said of who came and went meanwhile, and is shown as before.
  static void forget_if_nothing(Draft& draft, std::string_view user_id);
  static PresenceReport take(Draft& draft);
  void erase(SlotId id, const Draft& draft);

  HashKey key_;
  SlotTable<Draft> drafts_;
  FlatMap<Key, SlotId, KeyHash> by_room_;
  Line line_;  // of drafts
};

}  // namespace switchboard::shard
