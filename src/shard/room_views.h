// The rooms that have members on this shard, by name. A view lives while it has members or joins under way.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/name_hash.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "room/room.h"

namespace switchboard::shard {

struct RoomView {
  RoomView(std::string id, const room::RoomSettings& settings, room::ChunkPool& pool, std::uint32_t home_shard)
      : room(std::move(id), settings, pool), home(home_shard) {}

  room::Room room;
  std::uint32_t home;  // its home shard
  SlotId home_room;    // its name there, once the first join was answered
  std::string epoch;
  std::uint32_t joins_under_way = 0;
  bool in_sweep = false;  // waiting in the sweep's line
  bool listed = false;    // among the views whose logs may hold something
  Instant appended_at{};  // oldest append that the current lap has not served to all
};

class RoomViews {
 public:
  RoomViews(HashKey key, room::ChunkPool& pool) : pool_(pool), by_name_(0, NameHash{key}) {}

  SlotId find(std::string_view room_id) const {
    const auto found = by_name_.find(room_id);
    return found == by_name_.end() ? SlotId{} : found->second;
  }
  RoomView* find(SlotId id) { return views_.find(id); }

  SlotId create(std::string_view room_id, const room::RoomSettings& settings, std::uint32_t home_shard) {
    const SlotId id = views_.emplace(std::string(room_id), settings, pool_, home_shard).first;
    by_name_.emplace(std::string(room_id), id);
    return id;
  }
  void erase(SlotId id) {
    by_name_.erase(by_name_.find(std::string_view(views_.find(id)->room.id())));
    views_.erase(id);
    // A flat map never shrinks by itself: after a peak of rooms most of its memory is given back.
    if (by_name_.size() * 16 < by_name_.bucket_count() && by_name_.bucket_count() > 1'024)
      by_name_.rehash(by_name_.size() * 2);
  }
  std::size_t size() const { return views_.size(); }

  template <class F>
  void for_each(F&& f) {
    views_.for_each(f);
  }

 private:
  room::ChunkPool& pool_;
  SlotTable<RoomView> views_;
  boost::unordered_flat_map<std::string, SlotId, NameHash, std::equal_to<>> by_name_;
};

}  // namespace switchboard::shard
