#include "broker/sqlite/staged_batch.h"

#include <memory>
#include <mutex>
#include <utility>

#include "broker/publication.h"

namespace switchboard::broker {

StoreOpened StagedBatch::open(const StoreOpen& open, Instant now) {
  bool is_new = false;
  const StoredRoom& room = room_of(open.room_id, is_new);
  return {.first = first_kept(room, now), .last = room.last.plus(room.staged), .epoch = room.row.epoch};
}

/// Of what is not too old, whether or not the rest has been trimmed.
Seq StagedBatch::first_kept(const StoredRoom& room, Instant now) {
  const StoreMillis oldest_at = ages_.at(now) - 1'000 * StoreMillis{room.row.retention.seconds};
  if (room.has_blocks()) {
    const std::optional<BlockHead> block = file_.rooms.first_block_since(room.row.id, oldest_at);
    if (block.has_value()) return std::max(room.first, block->first);
  }
  return room.tail_first().plus(room.tail.before(oldest_at));
}

StoreCommitted StagedBatch::publish(const StorePublish& publish, UnixMillis now, StoreMillis at) {
  bool is_new = false;
  StoredRoom& room = room_of(publish.room_id, is_new);
  bool tells_epoch = is_new || room.must_tell_epoch;
  room.must_tell_epoch = false;

  DedupRecord named;
  if (!publish.dedup.empty()) {
    named.digest = file_.dedup.digest(publish.room_id, publish.sender, publish.dedup);
    const std::optional<DedupRecord> first = file_.dedup.find(named.digest);
    if (first.has_value() && first->room == room.newest_row().id) {
      return {.seq = Seq{first->seq},
              .first = room.first,
              .epoch = tells_epoch ? room.newest_row().epoch : std::string(),
              .ts = first->ts,
              .record = {},
              .is_duplicate = true,
              .last = room.last.plus(room.staged)};
    }
  }
  const OwnerId owner = file_.owners.owner_of(publish.sender);
  write_row(room, publish, owner, tells_epoch);
  const Seq seq = room.last.plus(++room.staged);
  std::string record;
  append_record(record,
                {.seq = seq, .ts = now, .content = publish.content, .sender = publish.sender, .to = publish.to});
  file_.journal.stage(room, seq, at, owner, record);
  if (!publish.dedup.empty()) {
    named.room = room.newest_row().id;
    named.seq = seq.value;
    named.ts = now;
    file_.dedup.stage(named);
  }
  return {.seq = seq,
          .first = room.first,
          .epoch = tells_epoch ? room.newest_row().epoch : std::string(),
          .ts = now,
          .record = std::move(record),
          .is_duplicate = false,
          .last = {}};
}

void StagedBatch::write(StoreMillis at) {
  file_.journal.write();
  file_.dedup.write(at);
  file_.owners.write();
}

void StagedBatch::write_row(StoredRoom& room, const StorePublish& publish, OwnerId owner, bool& tells_epoch) {
  const RoomRow& before = room.newest_row();
  if (before.id != 0 && before.durability == publish.durability && before.retention == publish.retention) return;
  touch(room);
  if (room.staged_row == nullptr) room.staged_row = std::make_unique<RoomRow>(room.row);
  RoomRow& row = *room.staged_row;
  row.retention = publish.retention;
  if (row.id == 0) {
    row.durability = publish.durability;
    row.owner = owner;
    file_.rooms.insert(room.name, row, file_.identity.generation);
    tells_epoch = true;
    return;
  }
  // From here on the room may lose messages with the machine's power, and that it may must not be lost with them.
  if (row.durability == room::Durability::kPower && publish.durability == room::Durability::kProcess)
    changed_to_process_ = true;
  row.durability = publish.durability;
  file_.rooms.update(row, file_.identity.generation);
}

StoredRoom& StagedBatch::room_of(std::string_view name, bool& is_new) {
  if (StoredRoom* room = cache_.find(name)) return *room;
  is_new = true;
  StoredRoom& room = cache_.add(name);
  touch_new(room);
  if (file_.load_room(room)) file_.rooms.update(room.row, file_.identity.generation);
  return room;
}

void StagedBatch::touch(StoredRoom& room) {
  if (room.is_touched) return;
  room.is_touched = true;
  touched_.push_back({.room = &room, .is_new = false});
}

void StagedBatch::touch_new(StoredRoom& room) {
  room.is_touched = true;
  touched_.push_back({.room = &room, .is_new = true});
}

void StagedBatch::apply(Upkeep& upkeep) {
  const std::lock_guard lock(cache_.mutex());
  for (const Touched& touched : touched_) {
    touched.room->is_touched = false;
    touched.room->is_committed = true;
    if (touched.room->staged_row != nullptr) touched.room->row = std::move(*touched.room->staged_row);
    touched.room->staged_row.reset();
  }
  touched_.clear();
  changed_to_process_ = false;
  Journal& journal = file_.journal;
  for (const Journal::Entry& entry : journal.staged()) {
    StoredRoom& room = *entry.room;
    const std::string_view record = journal.record(entry);
    room.tail.append(record, entry.at);
    room.note_writer(entry.owner, record.size());
    room.last = entry.seq;
    room.total += record.size();
    if (--room.staged == 0) grown_.push_back(&room);
  }
  status_.commits.add(journal.staged().size());
  journal.committed();
  for (StoredRoom* room : grown_)
    upkeep.on_grown(*room);
  grown_.clear();
}

void StagedBatch::undo() {
  for (const Journal::Entry& entry : file_.journal.staged())
    entry.room->staged = 0;
  file_.journal.rolled_back();
  file_.dedup.rolled_back();
  file_.owners.rolled_back();
  for (const Touched& touched : touched_) {
    touched.room->is_touched = false;
    if (touched.is_new) {
      cache_.remove(*touched.room);
    } else {
      touched.room->staged_row.reset();
      touched.room->must_tell_epoch = true;
    }
  }
  touched_.clear();
  changed_to_process_ = false;
}

}  // namespace switchboard::broker
