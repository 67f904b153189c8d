#include "broker/sqlite/store_file.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include "base/flat_map.h"

namespace switchboard::broker {

bool StoreFile::is_ours() {
  if (own_version_ && database.data_version() == own_version_) return true;  // nobody else has changed anything
  const bool is_ours = run_.with().next() && run_.bytes(0) == identity.run;
  run_.reset();
  return is_ours;
}

void StoreFile::load(Instant now, StoreMillis at) {
  FlatMap<std::int64_t, StoredRoom*> by_id;
  const auto room_of = [&](std::int64_t id) -> StoredRoom* {
    const auto [place, is_new] = by_id.try_emplace(id, nullptr);
    if (!is_new) return place->second;
    const std::optional<std::string> name = rooms.name_of(id);
    if (!name.has_value()) return nullptr;
    StoredRoom& room = cache.add(*name);
    if (load_room(room)) rooms.update(room.row, identity.generation);
    {
      const std::lock_guard lock(cache.mutex());
      room.is_committed = true;
    }
    room.must_tell_epoch = true;  // whoever has it open may know another
    room.is_touched = true;       // so that it stays while others come in
    return by_id[id] = &room;
  };
  owners.load();
  journal.load([&](std::int64_t id, const Journal::Loaded& message) -> StoredRoom* {
    StoredRoom* room = room_of(id);
    const Seq seq = message.seq;
    if (room == nullptr || seq <= room->last) return nullptr;
    if (seq != room->last.next()) pass_hole(*room, seq);
    const std::lock_guard lock(cache.mutex());
    // What seems to come from later was stamped by a version that believed the wall, or a moment that was not saved.
    room->tail.append(message.record, std::min(message.at, at));
    room->note_writer(message.owner, message.record.size());
    room->last = seq;
    room->total += message.record.size();
    return room;
  });
  by_id.for_each_unordered([](std::int64_t, StoredRoom* room) {
    if (room != nullptr) room->is_touched = false;
  });
  dedup.load(now, at);
}

/// Messages before `seq` are missing. (Those before the room's first were trimmed.) A tail has no holes, so what came
/// before goes into a block.
void StoreFile::pass_hole(StoredRoom& room, Seq seq) {
  if (room.kept() == 0) {
    const std::lock_guard lock(cache.mutex());
    room.first = seq;
  } else if (!room.tail.empty()) {
    const Tail& tail = room.tail;
    const BlockHead block{.room = room.row.id,
                          .first = room.tail_first(),
                          .last = room.last,
                          .newest_at = tail.at(tail.size() - 1),
                          .base = room.total - tail.bytes(),
                          .total = room.total,
                          .owner = room.writer};
    const std::vector<std::uint32_t> ends = tail.ends(0, tail.size());
    rooms.add_block(block, {reinterpret_cast<const char*>(ends.data()), ends.size() * sizeof(ends[0])},
                    tail.records(0, tail.size()));
    rooms.save_sealed(room.row.id, room.last);
  }
  const std::lock_guard lock(cache.mutex());
  room.tail.clear();
  room.last = Seq{seq.value - 1};
}

bool StoreFile::load_room(StoredRoom& room) {
  const std::optional<RoomTable::Row> row = rooms.find(room.name);
  if (!row.has_value()) {
    room.row.epoch = identity.unknown_epoch;
    return false;
  }
  room.row = row->row;
  room.last = row->is_damaged ? Seq{} : row->last_saved;
  room.first = room.last.next();
  if (const auto newest = rooms.newest_block(room.row.id)) {
    const auto oldest = rooms.oldest_block(room.row.id);
    room.last = std::max(room.last, newest->last);
    room.total = newest->total;
    room.first = oldest.has_value() ? oldest->first : newest->first;
    room.base = oldest.has_value() ? oldest->base : newest->base;
  }
  if (row->is_damaged) {
    ++damaged_rooms;
    rooms.repair(room.row.id, room.name, room.last);
  } else if (row->generation >= identity.generation) {
    return false;
  } else if (room.row.durability == room::Durability::kPower && row->generation >= identity.believed_from) {
    return false;
  }
  room.row.epoch = random.token(kEpochCharacters);
  return true;
}

}  // namespace switchboard::broker
