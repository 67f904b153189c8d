#include "shard/presence_infos.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace switchboard::shard {

void PresenceInfos::give(SlotId view, SlotId connection, std::string_view user_id, std::string_view info, Instant now) {
  drop(view, connection, user_id);
  // All shards have the same clock: that orders what two of them are given. On one of them no two may be the same.
  last_stamp_ = std::max(last_stamp_ + 1, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  stamps_.emplace(Connection{.view = view, .connection = connection}, last_stamp_);
  by_user_.emplace(Place{.view = view.pack(), .user_id = std::string(user_id), .stamp = last_stamp_}, info);
}

void PresenceInfos::drop(SlotId view, SlotId connection, std::string_view user_id) {
  if (stamps_.empty()) return;
  const auto found = stamps_.find(Connection{.view = view, .connection = connection});
  if (found == stamps_.end()) return;
  by_user_.erase(by_user_.find(PlaceView{.view = view.pack(), .user_id = user_id, .stamp = found->second}));
  stamps_.erase(found);
}

PresenceInfos::ByUser::const_iterator PresenceInfos::find_latest(SlotId view, std::string_view user_id) const {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  const auto behind = by_user_.upper_bound(PlaceView{.view = view.pack(), .user_id = user_id, .stamp = kLast});
  if (behind == by_user_.begin()) return by_user_.end();
  const auto latest = std::prev(behind);
  const bool is_theirs = latest->first.view == view.pack() && latest->first.user_id == user_id;
  return is_theirs ? latest : by_user_.end();
}

UserInfo PresenceInfos::latest(SlotId view, std::string_view user_id) const {
  const auto latest = find_latest(view, user_id);
  if (latest == by_user_.end()) return {};
  return {.stamp = latest->first.stamp, .info = latest->second};
}

std::uint64_t PresenceInfos::latest_stamp(SlotId view, std::string_view user_id) const {
  const auto latest = find_latest(view, user_id);
  return latest == by_user_.end() ? 0 : latest->first.stamp;
}

}  // namespace switchboard::shard
