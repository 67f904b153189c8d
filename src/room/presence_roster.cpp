#include "room/presence_roster.h"

#include <algorithm>
#include <tuple>

#include "base/assert.h"

namespace switchboard::room {
PresenceRoster::Users::iterator PresenceRoster::find_or_add(std::string_view user_id) {
  const auto place = users_.lower_bound(user_id);
  if (place != users_.end() && place->first == user_id) return place;
  return users_.emplace_hint(place, std::string(user_id), User{});
}

void PresenceRoster::on_changed(Users::iterator user, Instant now) {
  if (user->second.is_changed) return;
  user->second.is_changed = true;
  user->second.pages_before = pages_read_;
  if (changed_.empty()) changed_since_ = now;
  changed_.push_back(user);
}

void PresenceRoster::on_moved(Users::iterator user, Instant now) {
  user->second.has_moved = true;
  on_changed(user, now);
}

// --- infos ---------------------------------------------------------------------------------------------------------

std::string_view PresenceRoster::User::info() const {
  const auto later = [](const Given& a, const Given& b) {
    return std::tie(a.stamp, a.source) < std::tie(b.stamp, b.source);
  };
  const auto latest = std::ranges::max_element(given, later);
  return latest == given.end() ? std::string_view() : std::string_view(latest->info);
}

void PresenceRoster::take_info(User& user, const std::optional<GivenInfo>& given, bool was_connected) {
  if (!was_connected) user.given.clear();  // what was kept is not what its new connections say
  if (!given) return;
  std::erase_if(user.given, [&](const Given& one) { return one.source == given->source; });
  if (given->stamp != 0) {
    user.given.push_back({.source = given->source, .stamp = given->stamp, .info = std::string(given->info)});
  } else if (user.given.empty()) {
    user.given.shrink_to_fit();
  }
}

void PresenceRoster::keep_info(User& user) {
  std::string shown(user.info());
  user.given.clear();
  if (!shown.empty()) user.given.push_back({.source = 0, .stamp = 0, .info = std::move(shown)});
}

// --- who comes and goes --------------------------------------------------------------------------------------------

void PresenceRoster::add_found(std::string_view user_id, std::uint32_t connections,
                               const std::optional<GivenInfo>& given) {
  User& user = find_or_add(user_id)->second;
  if (!user.is_present()) ++count_;
  take_info(user, given, user.connections > 0);
  user.connections += connections;
  end_grace(user);
  // If it has been taken for one who came, because another shard told of it first, that is still to be announced, and
  // cancels out.
  user.is_announced = true;
}

void PresenceRoster::end_grace(User& user) {
  if (user.grace) graces_.erase(*user.grace);
  user.grace.reset();
}

void PresenceRoster::change(std::string_view user_id, std::int32_t connections, const std::optional<GivenInfo>& given,
                            Instant now, Duration grace) {
  const auto place = find_or_add(user_id);
  User& user = place->second;
  const bool was_present = user.is_present();
  const bool was_connected = user.connections > 0;
  SB_ASSERT(static_cast<std::int64_t>(user.connections) + connections >= 0);
  user.connections += static_cast<std::uint32_t>(connections);  // modulo 2^32: also downwards

  if (user.connections > 0) {
    end_grace(user);
  } else if (was_present && !user.grace && user.is_announced && grace > Duration::zero()) {
    user.grace = graces_.emplace(now + grace, place);
  }
  if (user.connections == 0) {
    keep_info(user);
  } else if (given || !was_connected) {
    std::string before(user.info());
    take_info(user, given, was_connected);
    if (user.is_announced && user.info() != before) {
      if (!user.known) user.known = std::make_unique<std::string>(std::move(before));
      on_changed(place, now);
    }
  }
  if (user.is_present() == was_present) {
    // Nothing keeps a user who was never there.
    if (!was_present && !user.is_changed) users_.erase(place);
    return;
  }
  was_present ? --count_ : ++count_;
  on_moved(place, now);
}

void PresenceRoster::expire(Instant now) {
  while (!graces_.empty() && graces_.begin()->first <= now) {
    const auto user = graces_.begin()->second;
    graces_.erase(graces_.begin());
    user->second.grace.reset();
    --count_;
    on_moved(user, now);
  }
}

std::optional<Instant> PresenceRoster::next_expiry() const {
  if (graces_.empty()) return std::nullopt;
  return graces_.begin()->first;
}

std::optional<Instant> PresenceRoster::changed_since() const {
  if (changed_.empty()) return std::nullopt;
  return changed_since_;
}

PresenceRoster::News PresenceRoster::news_of(const User& user) const {
  // A page that was read meanwhile may have shown it as it was before or in between.
  const bool is_doubtful = user.pages_before != pages_read_;
  if (!user.is_present()) return user.is_announced || is_doubtful ? News::kLeft : News::kNone;
  if (!user.is_announced || (user.has_moved && is_doubtful)) return News::kJoined;
  const bool is_other = user.known != nullptr && (is_doubtful || *user.known != user.info());
  return is_other ? News::kChanged : News::kNone;
}

RosterChange PresenceRoster::take_change() {
  gone_.clear();
  RosterChange change{.joined = {}, .changed = {}, .left = {}, .count = count_};
  std::size_t bytes = 0;
  for (const auto& place : changed_) {
    User& user = place->second;
    const News news = news_of(user);
    const bool is_present = user.is_present();
    user.is_announced = is_present;
    user.is_changed = user.has_moved = false;
    user.known.reset();

    protocol::PresentUser named{.user_id = place->first, .connections = user.connections, .info = {}};
    if (is_present) named.info = user.info();
    const std::size_t user_bytes = protocol::bytes_max_in_list(named);
    const bool fits = change.users() < kChangeUsersMax && bytes + user_bytes <= kChangeBytesMax;
    const bool is_named = news != News::kNone && fits;
    change.is_partial |= news != News::kNone && !fits;
    if (is_named) {
      bytes += user_bytes;
      auto& names = news == News::kLeft ? change.left : news == News::kJoined ? change.joined : change.changed;
      names.push_back(named);
    }
    if (is_present) continue;
    auto node = users_.extract(place);
    if (is_named) gone_.push_back(std::move(node));
  }
  changed_.clear();
  return change;
}

RosterPage PresenceRoster::page(std::string_view after, std::size_t users_max, std::size_t bytes_max) {
  SB_ASSERT(users_max > 0);
  ++pages_read_;
  RosterPage page;
  std::size_t bytes = 0;
  for (auto place = users_.upper_bound(after); place != users_.end(); ++place) {
    const auto& [user_id, user] = *place;
    if (!user.is_present()) continue;
    const protocol::PresentUser listed{.user_id = user_id, .connections = user.connections, .info = user.info()};
    bytes += protocol::bytes_max_in_list(listed);
    // Whoever is taken may turn out to be the last that fits, and is then `next`.
    const bool fits = bytes + protocol::bytes_max_of_next(user_id) <= bytes_max;
    if (page.users.size() == users_max || (!page.users.empty() && !fits)) {
      page.next = page.users.back().user_id;
      break;
    }
    page.users.push_back(listed);
  }
  return page;
}

}  // namespace switchboard::room
