#include "shard/presence_reports.h"

#include <algorithm>
#include <utility>

namespace switchboard::shard {

PresenceReports::Draft& PresenceReports::draft_of(const Subject& subject) {
  const Key key{.home = subject.home, .home_room = subject.home_room};
  const auto found = by_room_.find(key);
  if (found != by_room_.end()) {
    Draft& draft = drafts_.at(found->second);
    if (draft.subject.round != subject.round) {
      // The home has begun anew: it takes nothing any more of what it had begun before.
      draft.subject = subject;
      draft.users.clear();
      draft.watchers_gone = 0;
      draft.views_reported = 0;
    }
    return draft;
  }
  const auto [id, draft] = drafts_.emplace(subject, key_);
  by_room_.emplace(key, id);
  line_.push_back(id);
  return draft;
}

PresenceReports::Pending& PresenceReports::pending_of(Draft& draft, std::string_view user_id) {
  const auto found = draft.users.find(user_id);
  return found != draft.users.end() ? found->second : draft.users.emplace(user_id, Pending{}).first->second;
}

void PresenceReports::forget_if_nothing(Draft& draft, std::string_view user_id) {
  const auto found = draft.users.find(user_id);
  const Pending& pending = found->second;
  if (pending.found == 0 && pending.change == 0 && !pending.info) draft.users.erase(found);
}

void PresenceReports::add_found(const Subject& subject, std::string_view user_id, const UserInfo& info) {
  Pending& pending = pending_of(draft_of(subject), user_id);
  ++pending.found;
  pending.info = info;
  pending.info_before.reset();
}

void PresenceReports::add_joined(const Subject& subject, std::string_view user_id) {
  Draft& draft = draft_of(subject);
  ++pending_of(draft, user_id).change;
  forget_if_nothing(draft, user_id);
}

void PresenceReports::add_left(const Subject& subject, std::string_view user_id) {
  Draft& draft = draft_of(subject);
  --pending_of(draft, user_id).change;
  forget_if_nothing(draft, user_id);
}

void PresenceReports::add_info(const Subject& subject, std::string_view user_id, std::uint64_t before,
                               const UserInfo& info) {
  Draft& draft = draft_of(subject);
  Pending& pending = pending_of(draft, user_id);
  if (!pending.info) pending.info_before = before;
  pending.info = info;
  if (pending.info_before == info.stamp) pending.info.reset();
  forget_if_nothing(draft, user_id);
}

void PresenceReports::add_watcher_gone(const Subject& subject) {
  ++draft_of(subject).watchers_gone;
}

void PresenceReports::add_view_reported(const Subject& subject) {
  ++draft_of(subject).views_reported;
}

PresenceReport PresenceReports::take(Draft& draft) {
  PresenceReport report{.home_room = draft.subject.home_room, .round = draft.subject.round, .users = {}};
  report.users.reserve(std::min(draft.users.size(), kUsersMax));
  while (!draft.users.empty() && report.users.size() < kUsersMax) {
    auto node = draft.users.extract(draft.users.begin());
    Pending& pending = node.mapped();
    report.users.push_back({.user_id = std::move(node.key()),
                            .info = std::move(pending.info),
                            .found = pending.found,
                            .change = pending.change});
  }
  if (draft.users.empty()) {
    report.watchers_gone = std::exchange(draft.watchers_gone, 0);
    report.views_reported = std::exchange(draft.views_reported, 0);
  }
  return report;
}

void PresenceReports::erase(SlotId id, const Draft& draft) {
  by_room_.erase(Key{.home = draft.subject.home, .home_room = draft.subject.home_room});
  drafts_.erase(id);
}

}  // namespace switchboard::shard
