#include "broker/sqlite/writer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <utility>

#include "broker/sqlite/journal_check.h"
#include "protocol/push.h"

namespace switchboard::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Publishers wait meanwhile, so it is short; another process that reads the file is not in the way.
constexpr int kBusyMs = 250;
constexpr Duration kReopenPause = seconds(1);
constexpr Duration kUpkeepPauseAfterFailure = seconds(1);
// Only when nothing has failed for so long is the store told to be ok again: on a full disk, small transactions go
// through between large ones that do not.
constexpr Duration kQuietBeforeOk = seconds(1);
constexpr Duration kCheckInPause = seconds(1);

StoreAnswer refused(std::uint64_t ticket) {
  return {.ticket = ticket, .what = StoreFailed{protocol::ErrorCode::kUnavailable}};
}

std::uint64_t size_of(const std::string& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

}  // namespace

Writer::Writer(const SqliteSettings& settings, StoreSurroundings surroundings, StoreStatus& status)
    : settings_(settings),
      surroundings_(std::move(surroundings)),
      status_(status),
      random_(surroundings_.seed),
      cache_({random_.next(), random_.next()}, surroundings_.limits.rooms_idle_max) {}

Writer::~Writer() {
  close_file();
}

// --- opening and closing ---------------------------------------------------------------------------------------------

std::optional<std::string> Writer::open() {
  next_open_ = surroundings_.clock.now() + kReopenPause;
  const std::optional<SchemaFault> fault = open_file();
  if (!fault.has_value()) return std::nullopt;
  if (fault->is_final) return fault->sentence;
  failed_at_ = surroundings_.clock.now();
  status_.failing(StoreTrouble::kFile, fault->sentence, surroundings_.clock.unix_ms());
  return std::nullopt;
}

std::optional<SchemaFault> Writer::open_file() {
  const auto close_with = [this](SchemaFault fault) {
    close_file();
    return fault;
  };
  const Instant now = surroundings_.clock.now();
  const auto failure = [&] { return close_with({false, database_.take_error().sentence(settings_.file)}); };
  if (!database_.open(settings_.file, Database::Access::kMake, kBusyMs)) return failure();
  if (auto fault = prepare(database_, settings_, random_)) return close_with(*fault);
  is_synchronous_ = true;
  database_.run("PRAGMA cache_size = -16384");  // KiB
  database_.begin_writing();
  Identity identity;
  std::string doubts = take_over(database_, surroundings_.boot_id, random_, identity);
  const JournalFindings journal = inspect_journal(database_);
  if (journal.damaged + journal.holes > 0 && doubts.empty()) doubts = "its journal is damaged";
  if (database_.has_failed()) return failure();
  if (!doubts.empty()) doubt(database_, random_, identity);
  file_ = std::make_unique<StoreFile>(database_, settings_, identity, journal.last_row, cache_, random_);
  file_->load(now, surroundings_.clock.unix_ms());
  if (!database_.commit()) return failure();
  upkeep_ = std::make_unique<Upkeep>(*file_, surroundings_.limits, status_);
  if (identity.has_lost_power) status_.power_losses.add();
  if (!doubts.empty()) tell_doubts(doubts);
  status_.damaged.add(journal.damaged + journal.holes);
  tell_damage();
  opened_.store(++times_opened_, std::memory_order_release);
  measure();
  return std::nullopt;
}

void Writer::tell_doubts(const std::string& doubts) {
  status_.doubts.add();
  status_.notice(settings_.file + " is not as it was left (" + doubts + "): all rooms begin new epochs");
}

/// What was found damaged since.
void Writer::tell_damage() {
  const std::uint64_t rooms = std::exchange(file_->damaged_rooms, 0);
  const std::uint64_t keys = file_->dedup.damaged() - std::exchange(damaged_dedup_rows_, file_->dedup.damaged());
  if (rooms + keys == 0) return;
  status_.damaged.add(rooms + keys);
  status_.notice(settings_.file + " is damaged in places: " + std::to_string(rooms) + " rooms begin new epochs, and " +
                 std::to_string(keys) + " stretches of keys against doubles are forgotten");
}

bool Writer::ensure_open() {
  if (file_ != nullptr) return true;
  const Instant now = surroundings_.clock.now();
  if (now < next_open_) return false;
  next_open_ = now + kReopenPause;
  const std::optional<SchemaFault> fault = open_file();
  if (!fault.has_value()) return true;
  failed_at_ = now;
  status_.failing(StoreTrouble::kFile, fault->sentence, surroundings_.clock.unix_ms());
  return false;
}

void Writer::close_file() {
  damaged_dedup_rows_ = 0;
  opened_.store(0, std::memory_order_release);
  touched_.clear();
  grown_.clear();
  upkeep_.reset();
  file_.reset();
  cache_.clear();
  database_.rollback();
  database_.close();
}

void Writer::close() {
  if (file_ != nullptr) mark_closed(database_);
  close_file();
}

// --- batches ---------------------------------------------------------------------------------------------------------

void Writer::run_batch(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers) {
  answers.clear();
  for (const StoreRequest& request : requests)
    answers.push_back(refused(request.ticket));
  if (!ensure_open()) {
    for (const StoreRequest& request : requests)
      status_.failures.add(std::holds_alternative<StorePublish>(request.what) ? 1 : 0);
    return;
  }
  if (attempt(requests, answers, false)) return;
  // A store that cannot be written may be readable: rooms can be opened, and their history read.
  if (file_ != nullptr) attempt(requests, answers, true);
}

bool Writer::attempt(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers, bool opens_only) {
  const Instant started = surroundings_.clock.now();
  const UnixMillis now = surroundings_.clock.unix_ms();
  std::uint64_t publishes = 0;
  for (const StoreRequest& request : requests)
    publishes += std::holds_alternative<StorePublish>(request.what) ? 1 : 0;
  if (publishes > 0 && !opens_only) {
    set_synchronous(needs_sync(requests));
    database_.begin_writing();
  } else {
    database_.begin();
  }
  for (std::size_t i = 0; i < requests.size() && !database_.has_failed(); ++i) {
    if (auto* open = std::get_if<StoreOpen>(&requests[i].what)) {
      open_room(*open, answers[i]);
    } else if (auto* message = std::get_if<StorePublish>(&requests[i].what); message != nullptr && !opens_only) {
      publish(*message, answers[i], now);
    }
  }
  file_->journal.write();
  file_->dedup.write(now);
  if (!database_.commit()) {
    undo();
    for (std::size_t i = 0; i < requests.size(); ++i)
      answers[i] = refused(requests[i].ticket);
    status_.failures.add(publishes);
    take_failure();
    return false;
  }
  if (changed_to_process_ && !is_synchronous_) sync_again();
  changed_to_process_ = false;
  apply();
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

void Writer::open_room(const StoreOpen& open, StoreAnswer& answer) {
  bool is_new = false;
  const StoredRoom& room = room_of(open.room_id, is_new);
  answer.what = StoreOpened{.first = room.first, .last = room.last.plus(room.staged), .epoch = room.row.epoch};
}

void Writer::publish(StorePublish& publish, StoreAnswer& answer, UnixMillis now) {
  bool is_new = false;
  StoredRoom& room = room_of(publish.room_id, is_new);
  bool tells_epoch = is_new || room.must_tell_epoch;
  room.must_tell_epoch = false;

  DedupRecord record;
  if (!publish.dedup.empty()) {
    record.digest = file_->dedup.digest(publish.room_id, publish.sender, publish.dedup);
    const std::optional<DedupRecord> first = file_->dedup.find(record.digest);
    if (first.has_value() && first->room == room.row.id) {
      status_.duplicates.add();
      answer.what = StoreCommitted{.seq = Seq{first->seq},
                                   .first = room.first,
                                   .epoch = tells_epoch ? room.row.epoch : std::string(),
                                   .ts = first->ts,
                                   .payload = {},
                                   .is_duplicate = true};
      return;
    }
  }
  write_row(room, publish, tells_epoch);
  const Seq seq = room.last.plus(++room.staged);
  std::string payload;
  payload.reserve(publish.content.size() + publish.room_id.size() + publish.sender.size() + publish.to.size() + 128);
  protocol::append(payload, protocol::Publication{.room_id = publish.room_id,
                                                  .content = publish.content,
                                                  .sender = publish.sender,
                                                  .seq = seq,
                                                  .ts = now,
                                                  .to = publish.to});
  file_->journal.stage(room, seq, now, payload);
  if (!publish.dedup.empty()) {
    record.room = room.row.id;
    record.seq = seq.value;
    record.ts = now;
    file_->dedup.stage(record);
  }
  answer.what = StoreCommitted{.seq = seq,
                               .first = room.first,
                               .epoch = tells_epoch ? room.row.epoch : std::string(),
                               .ts = now,
                               .payload = std::move(payload)};
}

void Writer::write_row(StoredRoom& room, const StorePublish& publish, bool& tells_epoch) {
  if (room.row.id != 0 && room.row.durability == publish.durability && room.row.retention == publish.retention) return;
  touch(room, false);
  room.row.retention = publish.retention;
  if (room.row.id == 0) {
    room.row.durability = publish.durability;
    file_->rooms.insert(room.name, room.row, file_->identity.generation);
    tells_epoch = true;
    return;
  }
  // From here on the room may lose messages with the machine's power, and that it may must not be lost with them.
  if (room.row.durability == room::Durability::kPower && publish.durability == room::Durability::kProcess)
    changed_to_process_ = true;
  room.row.durability = publish.durability;
  file_->rooms.update(room.row, file_->identity.generation);
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
  touched_.push_back({.room = &room, .row = room.row, .is_new = is_new});
}

void Writer::apply() {
  const std::lock_guard lock(cache_.mutex());
  for (const Touched& touched : touched_) {
    touched.room->is_touched = false;
    touched.room->is_committed = true;
  }
  touched_.clear();
  Journal& journal = file_->journal;
  for (const Journal::Entry& entry : journal.staged()) {
    StoredRoom& room = *entry.room;
    const std::string_view frame = journal.frame(entry);
    room.tail.append(frame, entry.ts);
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
  for (Touched& touched : touched_) {
    touched.room->is_touched = false;
    if (touched.is_new) {
      cache_.remove(*touched.room);
    } else {
      touched.room->row = std::move(touched.row);
      touched.room->must_tell_epoch = true;
    }
  }
  touched_.clear();
  changed_to_process_ = false;
}

// --- durability ------------------------------------------------------------------------------------------------------

bool Writer::needs_sync(std::span<const StoreRequest> requests) const {
  for (const StoreRequest& request : requests) {
    const auto* publish = std::get_if<StorePublish>(&request.what);
    if (publish != nullptr && publish->durability == room::Durability::kPower) return true;
  }
  return false;
}

void Writer::set_synchronous(bool is_full) {
  if (is_full == is_synchronous_) return;
  database_.run(is_full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  is_synchronous_ = is_full;
}

void Writer::sync_again() {
  // Any commit with an fsync brings those before it to the disk, too.
  set_synchronous(true);
  database_.begin_writing();
  database_.run("UPDATE meta SET value = 1 WHERE key = 'in_use'");
  if (!database_.commit()) take_failure();
}

// --- failure and recovery --------------------------------------------------------------------------------------------

bool Writer::take_failure() {
  if (!database_.has_failed()) return false;
  const DatabaseError error = database_.take_error();
  database_.rollback();
  failed_at_ = surroundings_.clock.now();
  next_upkeep_ = failed_at_ + kUpkeepPauseAfterFailure;
  if (error.needs_reopening()) {
    close_file();
    next_open_ = std::max(next_open_, failed_at_);
  }
  status_.failing(StoreTrouble::kFile, error.sentence(settings_.file), surroundings_.clock.unix_ms());
  return true;
}

void Writer::report_success() {
  if (surroundings_.clock.now() - failed_at_ >= kQuietBeforeOk)
    status_.ok(StoreTrouble::kFile, surroundings_.clock.unix_ms());
}

// --- upkeep ----------------------------------------------------------------------------------------------------------

bool Writer::run_upkeep() {
  const Instant now = surroundings_.clock.now();
  if (now < next_upkeep_ || !ensure_open()) return false;
  if (now >= next_check_in_) {
    check_in(now);
    if (file_ == nullptr || database_.has_failed()) return false;
  }
  set_synchronous(false);
  const bool did_something = upkeep_->run(now, surroundings_.clock.unix_ms());
  if (take_failure()) return false;
  return did_something;
}

void Writer::check_in(Instant now) {
  next_check_in_ = now + kCheckInPause;
  measure();
  tell_damage();
  if (status_.state().is_ok || now - failed_at_ < kQuietBeforeOk) return;
  // Nobody may be publishing at the moment, so it has to be tried whether that is possible again.
  set_synchronous(false);
  database_.begin_writing();
  database_.run("UPDATE meta SET value = 1 WHERE key = 'in_use'");
  database_.commit();
  if (!take_failure()) report_success();
}

bool Writer::is_pressed() {
  return upkeep_ != nullptr && surroundings_.clock.now() >= next_upkeep_ && upkeep_->is_pressed();
}

Instant Writer::next_upkeep() const {
  const Instant due = file_ != nullptr ? std::min(upkeep_->next_due(), next_check_in_) : next_open_;
  return std::max(due, next_upkeep_);
}

void Writer::measure() {
  status_.bytes_on_disk.set(size_of(settings_.file) + size_of(settings_.file + "-wal"));
}

}  // namespace switchboard::broker
