// The rooms in memory: those with messages that are not in a block yet, and some that were used lately. The writer
// changes it; readers look into it under its mutex. It reads no database.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/flat_map.h"
#include "broker/sqlite/stored_room.h"

namespace switchboard::broker {

class RoomCache {
 public:
  /// Keeps about `idle_max` rooms beyond those that cannot be let go.
  RoomCache(HashKey hash_key, std::size_t idle_max) : by_name_(NameHash{hash_key}), idle_max_(idle_max) {}

  /// Held by a reader while it looks, by the writer while it changes what readers may see.
  std::mutex& mutex() const { return mutex_; }

  /// With the mutex held, or on the writer's thread. Null when it is not here.
  const StoredRoom* look(std::string_view name) const;

  // The rest on the writer's thread, which does not hold the mutex: these take it.

  StoredRoom* on_writer(std::string_view name) { return const_cast<StoredRoom*>(look(name)); }
  /// The same, and counts as a use.
  StoredRoom* find(std::string_view name);
  /// A room that is not here. Others may be let go for it, but none that is touched, has a tail or is pinned.
  StoredRoom& add(std::string_view name);
  void remove(StoredRoom& room);
  void clear();

  std::size_t size() const { return by_name_.size(); }
  template <class F>
  void for_each(F&& f) {
    for (StoredRoom& room : rooms_)
      f(room);
  }

 private:
  using Rooms = std::list<StoredRoom>;  // most recently used first
  void shrink();

  mutable std::mutex mutex_;
  Rooms rooms_;
  FlatMap<std::string_view, Rooms::iterator, NameHash> by_name_;  // keys: StoredRoom::name
  std::size_t idle_max_;
};

}  // namespace switchboard::broker
