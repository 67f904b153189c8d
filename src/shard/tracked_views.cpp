#include "shard/tracked_views.h"

#include <algorithm>
#include <utility>

namespace switchboard::shard {
namespace {

constexpr std::size_t kMembersPerTurn = 1'024;

}  // namespace

// --- being tracked -------------------------------------------------------------------------------------------------

void TrackedViews::on_track(const TrackResult& track_result) {
  for (const SlotId view_id : track_result.views) {
    if (!view_id) continue;
    RoomView* view = views_.find(view_id);
    if (view != nullptr) {
      track(view_id, *view, track_result.home_room, track_result.round);
      if (view->is_tracked) await_end_of_walk(at(view_id));
    } else if (track_result.round != 0) {
      reports_.add_view_reported(
          {.home = track_result.home, .home_room = track_result.home_room, .round = track_result.round});
    }
  }
}

void TrackedViews::track(SlotId view_id, RoomView& view, SlotId home_room, TrackingRound round) {
  if (round == 0) {
    if (view.is_tracked) untrack(view_id, view);
    return;
  }
  const auto [place, is_new] = tracked_.try_emplace(view_id.pack());
  Tracked& tracked = place->second;
  if (!is_new && tracked.subject.round == round) return;
  // Those who watched in an earlier round are members of a view here still.
  tracked = {.subject = {.home = view.home, .home_room = home_room, .round = round}, .watchers = tracked.watchers};
  view.is_tracked = true;
  walk(view, tracked, kMembersPerTurn);
  if (tracked.is_walking) walking_.push_back(view_id);
}

void TrackedViews::untrack(SlotId view_id, RoomView& view) {
  view.is_tracked = false;
  tracked_.erase(view_id.pack());
}

void TrackedViews::on_dropped(SlotId view_id) {
  Tracked& tracked = at(view_id);
  if (tracked.is_walking) end_walk(tracked);
  tracked_.erase(view_id.pack());
}

// --- who is there --------------------------------------------------------------------------------------------------

void TrackedViews::walk() {
  std::size_t budget = kMembersPerTurn;
  for (std::size_t n = walking_.size(); n > 0 && budget > 0; --n) {
    const SlotId view_id = walking_.front();
    walking_.pop_front();
    const auto found = tracked_.find(view_id.pack());
    if (found == tracked_.end() || !found->second.is_walking) continue;
    budget -= walk(views_.at(view_id), found->second, budget);
    if (found->second.is_walking) walking_.push_back(view_id);
  }
}

std::size_t TrackedViews::walk(const RoomView& view, Tracked& tracked, std::size_t members_max) {
  const auto& members = view.room.members();
  const std::size_t count = std::min(members.size() - tracked.walked, members_max);
  for (std::size_t n = 0; n < count; ++n)
    report_found(view, tracked, members[tracked.walked++]);
  if (tracked.walked == members.size()) end_walk(tracked);
  return count;
}

void TrackedViews::await_end_of_walk(Tracked& tracked) {
  tracked.is_awaited = true;
  if (!tracked.is_walking) end_walk(tracked);
}

void TrackedViews::end_walk(Tracked& tracked) {
  tracked.is_walking = false;
  if (std::exchange(tracked.is_awaited, false)) reports_.add_view_reported(tracked.subject);
}

void TrackedViews::report_found(const RoomView& view, const Tracked& tracked, const room::Member& member) {
  const session::Session& session = clients_.at_index(member.session).session();
  reports_.add_found(tracked.subject, session.user_id(), info_of(view, session.user_id()));
}

void TrackedViews::on_joined(SlotId view_id, const RoomView& view) {
  const Tracked& tracked = at(view_id);
  if (tracked.is_walking) return;
  const session::Session& session = clients_.at_index(view.room.members().back().session).session();
  reports_.add_joined(tracked.subject, session.user_id());
}

void TrackedViews::on_leaving(SlotId view_id, const RoomView& view, std::uint32_t member) {
  Tracked& tracked = at(view_id);
  const auto& members = view.room.members();
  if (tracked.is_walking && member >= tracked.walked) return;  // the home has never heard of it
  reports_.add_left(tracked.subject, clients_.at_index(members[member].session).session().user_id());
  if (!tracked.is_walking) return;
  // The last member takes its place, where the walk will not pass again.
  if (tracked.walked < members.size()) {
    report_found(view, tracked, members.back());
  } else {
    --tracked.walked;
  }
}

// --- watchers ------------------------------------------------------------------------------------------------------

void TrackedViews::on_watcher_gone(SlotId view_id) {
  reports_.add_watcher_gone(at(view_id).subject);
}

SlotId TrackedViews::watchers_of(SlotId view_id) const {
  const auto found = tracked_.find(view_id.pack());
  return found == tracked_.end() ? SlotId{} : found->second.watchers;
}

void TrackedViews::set_watchers(SlotId view_id, SlotId watchers) {
  at(view_id).watchers = watchers;
}

// --- infos ---------------------------------------------------------------------------------------------------------

void TrackedViews::keep_info(SlotId view_id, const RoomView& view, const session::Session& session,
                             std::string_view info, Instant now) {
  const std::uint64_t before = info_stamp(view, session.user_id());
  infos_.give(view_id, session.id(), session.user_id(), info, now);
  if (!view.is_tracked) return;
  reports_.add_info(at(view_id).subject, session.user_id(), before, info_of(view, session.user_id()));
}

void TrackedViews::drop_info(SlotId view_id, const RoomView& view, const session::Session& session) {
  const std::uint64_t before = info_stamp(view, session.user_id());
  if (before == 0) return;
  infos_.drop(view_id, session.id(), session.user_id());
  if (!view.is_tracked || info_stamp(view, session.user_id()) == before) return;
  reports_.add_info(at(view_id).subject, session.user_id(), before, info_of(view, session.user_id()));
}

SlotId TrackedViews::view_with_info(const RoomView& view, std::string_view user_id) const {
  SlotId latest;
  std::uint64_t latest_stamp = 0;
  for (const wire::Format format : wire::kAllFormats) {
    const SlotId id = views_.find(view.room.id(), format);
    const std::uint64_t stamp = id ? infos_.latest_stamp(id, user_id) : 0;
    if (stamp <= latest_stamp) continue;
    latest = id;
    latest_stamp = stamp;
  }
  return latest;
}

std::uint64_t TrackedViews::info_stamp(const RoomView& view, std::string_view user_id) const {
  if (infos_.size() == 0) return 0;
  const SlotId latest = view_with_info(view, user_id);
  return latest ? infos_.latest_stamp(latest, user_id) : 0;
}

UserInfo TrackedViews::info_of(const RoomView& view, std::string_view user_id) const {
  if (infos_.size() == 0) return {};
  const SlotId latest = view_with_info(view, user_id);
  return latest ? infos_.latest(latest, user_id) : UserInfo{};
}

}  // namespace switchboard::shard
