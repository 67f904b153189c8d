// Writer, the part about batches: what a transaction does for opens and publishes, and what becomes of it when its end
// is not known.
#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/sqlite/journal_check.h"
#include "broker/sqlite/lost_mapping.h"
#include "broker/sqlite/writer.h"
#include "protocol/push.h"

namespace switchboard::broker {
namespace {

// What a message takes in the file besides its text: in the journal, and its share of what else is written.
constexpr std::size_t kMessageBytes = 320;
constexpr int kRoomSlicesMax = 16;

StoreAnswer refused(std::uint64_t ticket) {
  return {.ticket = ticket, .what = StoreFailed{protocol::ErrorCode::kUnavailable}};
}

}  // namespace

void Writer::run_batch(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers) {
  answers.clear();
  for (const StoreRequest& request : requests)
    answers.push_back(refused(request.ticket));
  if (is_unsettled() || !ensure_open()) {
    for (const StoreRequest& request : requests)
      status_.failures.add(std::holds_alternative<StorePublish>(request.what) ? 1 : 0);
    return;
  }
  look_at_clock();
  make_room_for(requests);
  if (file_ == nullptr) {
    for (const StoreRequest& request : requests)
      status_.failures.add(std::holds_alternative<StorePublish>(request.what) ? 1 : 0);
    return;
  }
  if (attempt(requests, answers, false) || is_unsettled()) return;
  // A store that cannot be written may be readable: rooms can be opened, and their history read.
  if (file_ != nullptr) attempt(requests, answers, true);
}

/// Before anything is written, and whether or not that failed before: whoever goes on publishing must not keep the file
/// full. Bounded, so that publishers do not wait for long; what is then too much fails as on a full disk.
void Writer::make_room_for(std::span<const StoreRequest> requests) {
  std::uint64_t bytes = 0;
  for (const StoreRequest& request : requests) {
    if (const auto* publish = std::get_if<StorePublish>(&request.what))
      bytes += publish->content.size() + publish->room_id.size() + publish->sender.size() + kMessageBytes;
  }
  if (bytes == 0 || upkeep_->has_room_for(bytes)) return;
  set_synchronous(false);
  const Instant now = surroundings_.clock.now();
  for (int slices = 0; slices < kRoomSlicesMax && file_ != nullptr; ++slices) {
    const bool has_made_some = upkeep_->make_room(now, bytes);
    if (take_failure() || !has_made_some) return;
  }
}

bool Writer::attempt(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers, bool opens_only) {
  const Instant started = surroundings_.clock.now();
  const UnixMillis now = surroundings_.clock.unix_ms();
  const StoreMillis at = ages_.at(started);
  std::uint64_t publishes = 0;
  for (const StoreRequest& request : requests)
    publishes += std::holds_alternative<StorePublish>(request.what) ? 1 : 0;
  if (publishes > 0 && !opens_only) {
    set_synchronous(needs_sync(requests));
    if (!begin_ours()) return false;
  } else {
    database_.begin();
  }
  for (std::size_t i = 0; i < requests.size() && !database_.has_failed(); ++i) {
    if (auto* open = std::get_if<StoreOpen>(&requests[i].what)) {
      open_room(*open, answers[i]);
    } else if (auto* message = std::get_if<StorePublish>(&requests[i].what); message != nullptr && !opens_only) {
      publish(*message, answers[i], now, at);
    }
  }
  file_->journal.write();
  file_->dedup.write(at);
  file_->owners.write();
  const bool could_commit = !database_.has_failed();
  if (!database_.commit() || lost_mappings() != lost_mappings_) {
    const Unsettled batch = could_commit ? unsettled(requests, answers) : Unsettled{};
    undo();
    if (!take_failure()) lose_file({settings_.file + "-shm was cut short", false});
    if (could_commit && file_ == nullptr && batch.row != 0) {
      // An error of the disk says nothing about what is on it.
      unsettled_ = batch;
      answers.clear();
      return false;
    }
    for (std::size_t i = 0; i < requests.size(); ++i)
      answers[i] = refused(requests[i].ticket);
    status_.failures.add(publishes);
    return false;
  }
  file_->owners.committed();
  if (changed_to_process_ && !is_synchronous_) sync_again();
  changed_to_process_ = false;
  if (file_ == nullptr) return true;  // it was committed, but is not to be used any more
  apply();
  note();
  if (file_ == nullptr) return true;
  if (publishes > 0 && !opens_only) {
    const Instant ended = surroundings_.clock.now();
    file_->dedup.committed(ended);
    status_.dedup_records.set(file_->dedup.size());
    status_.batches.add();
    status_.syncs.add(is_synchronous_ ? 1 : 0);
    status_.commit_ns.observe((ended - started).count());
    report_success();
  }
  return true;
}

/// What is needed to know later whether it was committed; row 0 when it held no message.
Writer::Unsettled Writer::unsettled(std::span<const StoreRequest> requests, const std::vector<StoreAnswer>& answers) {
  Unsettled batch;
  if (file_->journal.staged().empty()) return batch;
  batch.row = file_->journal.last_row() + 1;
  batch.check = file_->journal.staged_check();
  batch.answers = answers;
  for (const StoreRequest& request : requests) {
    const auto* publish = std::get_if<StorePublish>(&request.what);
    batch.room_ids.push_back(publish == nullptr ? std::string() : publish->room_id);
  }
  return batch;
}

bool Writer::settle(std::vector<StoreAnswer>& answers) {
  if (!ensure_open()) return false;
  Unsettled batch = *std::exchange(unsettled_, std::nullopt);
  database_.begin();
  const bool is_there = Journal::has(database_, batch.row, batch.check);
  bool is_new = false;
  for (std::size_t i = 0; i < batch.answers.size(); ++i) {
    auto* committed = std::get_if<StoreCommitted>(&batch.answers[i].what);
    if (committed != nullptr && (is_there || committed->is_duplicate)) {
      committed->epoch = room_of(batch.room_ids[i], is_new).row.epoch;  // which may be another one than it was
    } else {
      status_.failures.add(committed != nullptr ? 1 : 0);
      batch.answers[i] = refused(batch.answers[i].ticket);
    }
  }
  if (database_.commit()) {
    apply();
  } else {
    undo();
    take_failure();
  }
  answers = std::move(batch.answers);
  return true;
}

void Writer::give_up_settling(std::vector<StoreAnswer>& answers) {
  answers.clear();
  for (const StoreAnswer& answer : std::exchange(unsettled_, std::nullopt)->answers)
    answers.push_back(refused(answer.ticket));
}

void Writer::open_room(const StoreOpen& open, StoreAnswer& answer) {
  bool is_new = false;
  const StoredRoom& room = room_of(open.room_id, is_new);
  answer.what = StoreOpened{.first = first_kept(room), .last = room.last.plus(room.staged), .epoch = room.row.epoch};
}

/// Of what is not too old, whether or not the rest has been trimmed.
Seq Writer::first_kept(const StoredRoom& room) {
  const StoreMillis oldest_at = ages_.at(surroundings_.clock.now()) - 1'000 * StoreMillis{room.row.retention.seconds};
  if (room.has_blocks()) {
    const std::optional<BlockHead> block = file_->rooms.first_block_since(room.row.id, oldest_at);
    if (block.has_value()) return std::max(room.first, block->first);
  }
  return room.tail_first().plus(room.tail.before(oldest_at));
}

void Writer::publish(StorePublish& publish, StoreAnswer& answer, UnixMillis now, StoreMillis at) {
  bool is_new = false;
  StoredRoom& room = room_of(publish.room_id, is_new);
  bool tells_epoch = is_new || room.must_tell_epoch;
  room.must_tell_epoch = false;

  DedupRecord record;
  if (!publish.dedup.empty()) {
    record.digest = file_->dedup.digest(publish.room_id, publish.sender, publish.dedup);
    const std::optional<DedupRecord> first = file_->dedup.find(record.digest);
    if (first.has_value() && first->room == room.newest_row().id) {
      status_.duplicates.add();
      answer.what = StoreCommitted{.seq = Seq{first->seq},
                                   .first = room.first,
                                   .epoch = tells_epoch ? room.newest_row().epoch : std::string(),
                                   .ts = first->ts,
                                   .payload = {},
                                   .is_duplicate = true};
      return;
    }
  }
  const OwnerId owner = file_->owners.owner_of(publish.sender);
  write_row(room, publish, owner, tells_epoch);
  const Seq seq = room.last.plus(++room.staged);
  std::string payload;
  payload.reserve(publish.content.size() + publish.room_id.size() + publish.sender.size() + publish.to.size() + 128);
  protocol::append(payload, protocol::Publication{.room_id = publish.room_id,
                                                  .content = publish.content,
                                                  .sender = publish.sender,
                                                  .seq = seq,
                                                  .ts = now,
                                                  .to = publish.to});
  file_->journal.stage(room, seq, at, owner, payload);
  if (!publish.dedup.empty()) {
    record.room = room.newest_row().id;
    record.seq = seq.value;
    record.ts = now;
    file_->dedup.stage(record);
  }
  answer.what = StoreCommitted{.seq = seq,
                               .first = room.first,
                               .epoch = tells_epoch ? room.newest_row().epoch : std::string(),
                               .ts = now,
                               .payload = std::move(payload)};
}

void Writer::write_row(StoredRoom& room, const StorePublish& publish, OwnerId owner, bool& tells_epoch) {
  const RoomRow& before = room.newest_row();
  if (before.id != 0 && before.durability == publish.durability && before.retention == publish.retention) return;
  touch(room, false);
  if (room.staged_row == nullptr) room.staged_row = std::make_unique<RoomRow>(room.row);
  RoomRow& row = *room.staged_row;
  row.retention = publish.retention;
  if (row.id == 0) {
    row.durability = publish.durability;
    row.owner = owner;
    file_->rooms.insert(room.name, row, file_->identity.generation);
    tells_epoch = true;
    return;
  }
  // From here on the room may lose messages with the machine's power, and that it may must not be lost with them.
  if (row.durability == room::Durability::kPower && publish.durability == room::Durability::kProcess)
    changed_to_process_ = true;
  row.durability = publish.durability;
  file_->rooms.update(row, file_->identity.generation);
}

StoredRoom& Writer::room_of(std::string_view name, bool& is_new) {
  if (StoredRoom* room = cache_.find(name)) return *room;
  is_new = true;
  StoredRoom& room = cache_.add(name);
  touch(room, true);
  if (file_->load_room(room)) file_->rooms.update(room.row, file_->identity.generation);
  return room;
}

void Writer::touch(StoredRoom& room, bool is_new) {
  if (room.is_touched) return;
  room.is_touched = true;
  touched_.push_back({.room = &room, .is_new = is_new});
}

void Writer::apply() {
  const std::lock_guard lock(cache_.mutex());
  for (const Touched& touched : touched_) {
    touched.room->is_touched = false;
    touched.room->is_committed = true;
    if (touched.room->staged_row != nullptr) touched.room->row = std::move(*touched.room->staged_row);
    touched.room->staged_row.reset();
  }
  touched_.clear();
  Journal& journal = file_->journal;
  for (const Journal::Entry& entry : journal.staged()) {
    StoredRoom& room = *entry.room;
    const std::string_view frame = journal.frame(entry);
    room.tail.append(frame, entry.at);
    room.note_writer(entry.owner, frame.size());
    room.last = entry.seq;
    room.total += frame.size();
    if (--room.staged == 0) grown_.push_back(&room);
  }
  status_.commits.add(journal.staged().size());
  journal.committed();
  for (StoredRoom* room : grown_)
    upkeep_->on_grown(*room);
  grown_.clear();
}

void Writer::undo() {
  for (const Journal::Entry& entry : file_->journal.staged())
    entry.room->staged = 0;
  file_->journal.rolled_back();
  file_->dedup.rolled_back();
  file_->owners.rolled_back();
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
