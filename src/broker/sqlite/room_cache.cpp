#include "broker/sqlite/room_cache.h"

namespace switchboard::broker {
namespace {

// Looks at this many of the least recently used rooms for each that comes in. More than one, so that a crowd of rooms
// that cannot be let go is passed by in time.
constexpr int kLooks = 4;

bool can_go(const StoredRoom& room) {
  return room.tail.empty() && room.pins == 0 && !room.is_touched && !room.wants_sealing;
}

}  // namespace

const StoredRoom* RoomCache::look(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &*found->second;
}

StoredRoom* RoomCache::find(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  rooms_.splice(rooms_.begin(), rooms_, found->second);  // readers do not go along the list
  return &*found->second;
}

StoredRoom& RoomCache::add(std::string_view name) {
  const std::lock_guard lock(mutex_);
  shrink();
  rooms_.emplace_front(std::string(name));
  by_name_.emplace(rooms_.front().name, rooms_.begin());
  return rooms_.front();
}

void RoomCache::remove(StoredRoom& room) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(std::string_view(room.name));
  const auto place = found->second;
  by_name_.erase(found);
  rooms_.erase(place);
}

void RoomCache::clear() {
  const std::lock_guard lock(mutex_);
  by_name_.clear();
  rooms_.clear();
}

void RoomCache::shrink() {
  for (int look = 0; look < kLooks && rooms_.size() >= idle_max_; ++look) {
    const auto last = std::prev(rooms_.end());
    if (can_go(*last)) {
      by_name_.erase(std::string_view(last->name));
      rooms_.erase(last);
    } else {
      rooms_.splice(rooms_.begin(), rooms_, last);
    }
  }
}

}  // namespace switchboard::broker
