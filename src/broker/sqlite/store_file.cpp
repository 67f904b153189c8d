#include "broker/sqlite/store_file.h"

#include <optional>

#include "base/flat_map.h"

namespace switchboard::broker {

void StoreFile::load(Instant now, UnixMillis unix_ms) {
  FlatMap<std::int64_t, StoredRoom*> by_id;
  const auto room_of = [&](std::int64_t id) -> StoredRoom* {
    const auto [place, is_new] = by_id.try_emplace(id, nullptr);
    if (!is_new) return place->second;
    const std::optional<std::string> name = rooms.name_of(id);
    if (!name.has_value()) return nullptr;
    StoredRoom& room = cache.add(*name);
    if (load_room(room)) rooms.update(room.row, identity.generation);
    room.is_committed = true;
    room.is_touched = true;  // so that it stays while others come in
    return by_id[id] = &room;
  };
  journal.load([&](std::int64_t id, Seq seq, UnixMillis ts, std::string_view frame) -> StoredRoom* {
    StoredRoom* room = room_of(id);
    if (room == nullptr || seq <= room->last) return nullptr;
    if (room->kept() == 0) {
      room->first = seq;
      room->last = Seq{seq.value - 1};
    } else if (seq != room->last.next()) {
      return nullptr;  // cannot be, and a room's messages must be without holes
    }
    const std::lock_guard lock(cache.mutex());
    room->tail.append(frame, ts);
    room->last = seq;
    room->total += frame.size();
    return room;
  });
  by_id.for_each_unordered([](std::int64_t, StoredRoom* room) {
    if (room != nullptr) room->is_touched = false;
  });
  dedup.load(now, unix_ms);
}

bool StoreFile::load_room(StoredRoom& room) {
  const std::optional<RoomTable::Row> row = rooms.find(room.name);
  if (!row.has_value()) {
    room.row.epoch = identity.unknown_epoch;
    return false;
  }
  room.row = row->row;
  room.last = row->last_trimmed;
  room.first = room.last.next();
  if (const auto newest = rooms.newest_block(room.row.id)) {
    const auto oldest = rooms.oldest_block(room.row.id);
    room.last = newest->last;
    room.total = newest->total;
    room.first = oldest.has_value() ? oldest->first : newest->first;
    room.base = oldest.has_value() ? oldest->base : newest->base;
  }
  if (row->generation >= identity.generation || room.row.durability == room::Durability::kPower) return false;
  room.row.epoch = random.token(kEpochCharacters);
  return true;
}

}  // namespace switchboard::broker
