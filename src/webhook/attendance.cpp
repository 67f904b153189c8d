#include "webhook/attendance.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace switchboard::webhook {

void Attendance::add(std::string_view room_id, std::string_view user_id, UnixMillis at) {
  const auto room = rooms_.try_emplace(std::string(room_id), NameHash{key_}).first;
  const auto [user, is_new] = room->second.try_emplace(std::string(user_id));
  ++user->second.connections;
  if (is_new) tell_(room_id, user_id, true, at);
}

void Attendance::remove(std::string_view room_id, std::string_view user_id, Instant now, UnixMillis at) {
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return;
  const auto user = room->second.find(user_id);
  if (user == room->second.end() || user->second.connections == 0) return;
  if (--user->second.connections > 0) return;
  user->second.departure = ++last_departure_;
  user->second.left_at = at;
  departures_.push_back({.due = now + grace_,
                         .number = last_departure_,
                         .room_id = std::string(room_id),
                         .user_id = std::string(user_id)});
}

void Attendance::end_room(std::string_view room_id) {
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return;
  std::vector<std::pair<UnixMillis, std::string_view>> left;
  room->second.for_each_unordered(
      [&](const std::string& user_id, const Present& present) { left.emplace_back(present.left_at, user_id); });
  std::ranges::sort(left);
  // Their departures are passed over when they are due: nobody is found any more.
  for (const auto& [at, user_id] : left)
    tell_(room_id, user_id, false, at);
  rooms_.erase(room);
}

void Attendance::run(Instant now) {
  while (!departures_.empty() && departures_.front().due <= now) {
    const Departure departure = std::move(departures_.front());
    departures_.pop_front();
    const auto room = rooms_.find(departure.room_id);
    if (room == rooms_.end()) continue;
    const auto user = room->second.find(departure.user_id);
    const bool is_gone = user != room->second.end() && user->second.connections == 0 &&
                         user->second.departure == departure.number;  // and has not come back and gone once more
    if (!is_gone) continue;
    tell_(departure.room_id, departure.user_id, false, user->second.left_at);
    room->second.erase(user);
    if (room->second.empty()) rooms_.erase(room);
  }
}

std::optional<Instant> Attendance::next_due() const {
  if (departures_.empty()) return std::nullopt;
  return departures_.front().due;
}

std::size_t Attendance::size() const {
  std::size_t sum = 0;
  rooms_.for_each_unordered([&](const std::string&, const Users& users) { sum += users.size(); });
  return sum;
}

}  // namespace switchboard::webhook
