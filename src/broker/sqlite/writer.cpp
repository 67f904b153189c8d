#include "broker/sqlite/writer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "broker/sqlite/journal_check.h"
#include "broker/sqlite/lost_mapping.h"

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
constexpr Duration kLookPause = milliseconds(500);  // at the file: what becomes of it is noticed within a second
constexpr Duration kLeavePause = milliseconds(5);   // while others still have the file open
constexpr Duration kAgePause = seconds(10);

// What a message takes in the file besides its text: in the journal, and its share of what else is written.
constexpr std::size_t kMessageBytes = 320;
constexpr std::size_t kRequestsAtOnce = 16;  // some 20 microseconds' work
constexpr int kRoomSlicesMax = 16;

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
      cache_({random_.next(), random_.next()}, surroundings_.limits.rooms_idle_max),
      custody_(settings.file) {}

Writer::~Writer() {
  surroundings_.on_closed = nullptr;  // whoever that was may be gone
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
  Identity identity;
  std::string doubts;
  std::int64_t last_row = 0;
  if (auto fault = take_file(identity, doubts, last_row)) {
    close_file();
    return fault;
  }
  upkeep_ = std::make_unique<Upkeep>(*file_, ages_, surroundings_.limits, status_);
  batch_.emplace(*file_, cache_, ages_, status_);
  if (identity.has_lost_power) status_.power_losses.add();
  if (!doubts.empty()) tell_doubts(doubts);
  tell_damage();
  opened_.open();
  next_look_ = surroundings_.clock.now() + kLookPause;
  measure();
  return std::nullopt;
}

/// From what lies there to a file that is this server's: each step may be the one that fails.
std::optional<SchemaFault> Writer::take_file(Identity& identity, std::string& doubts, std::int64_t& last_row) {
  const auto failure = [&] { return SchemaFault{false, database_.take_error().sentence(settings_.file)}; };
  if (surroundings_.may_open) {
    if (auto refusal = surroundings_.may_open()) return SchemaFault{false, *refusal};
  }
  lost_mappings_ = lost_mappings();
  custody_.approach();
  if (!database_.open(settings_.file, Database::Access::kMake, kBusyMs)) return failure();
  const Instant now = surroundings_.clock.now();
  const UnixMillis unix_ms = surroundings_.clock.unix_ms();
  if (auto fault = prepare(database_, settings_, random_, identity)) return fault;
  durability_ = room::Durability::kPower;
  database_.run("PRAGMA cache_size = -16384");  // KiB
  database_.begin_writing();
  const std::string damage = take_over(database_, surroundings_.boot_id, random_, identity);
  const JournalFindings journal = inspect_journal(database_);
  last_row = journal.last_row;
  if (database_.has_failed()) return failure();
  const Custody::Claims claims{.is_new = identity.is_new,
                               .has_lost_power = identity.has_lost_power,
                               .last_run = identity.last_run,
                               .last_row = last_row};
  doubts = damage;
  if (doubts.empty()) doubts = custody_.doubts(claims);
  if (doubts.empty() && journal.damaged + journal.holes > 0) doubts = "its journal is damaged";
  status_.damaged.add(journal.damaged + journal.holes);
  if (!doubts.empty() && !identity.is_new) {
    doubt(database_, random_, identity);
  } else if (custody_.was_written()) {
    make_indexes(database_);
  }
  if (auto refusal = custody_.begin(identity.run, claims, !doubts.empty())) return SchemaFault{false, *refusal};
  file_ = std::make_unique<StoreFile>(database_, settings_, identity, last_row, cache_, random_);
  const std::string jump = ages_.resume(saved_age(database_), identity.is_same_boot, now, unix_ms);
  save_age(database_, ages_.save(now, unix_ms));
  file_->load(now, ages_.at(now));
  file_->owners.write();
  if (!database_.commit()) return failure();
  file_->owners.committed();
  if (!jump.empty()) status_.notice(jump);
  if (auto refusal = custody_.opened(last_row, database_.log_frames())) return SchemaFault{false, *refusal};
  return std::nullopt;
}

void Writer::tell_doubts(const std::string& doubts) {
  status_.doubts.add();
  status_.notice(settings_.file + " is not what was left there (" + doubts + "): all rooms begin new epochs");
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
  if (!opened_.is_left()) {
    next_open_ = now + kLeavePause;
    return false;
  }
  next_open_ = now + kReopenPause;
  const std::optional<SchemaFault> fault = open_file();
  if (!fault.has_value()) return true;
  failed_at_ = now;
  status_.failing(StoreTrouble::kFile, fault->sentence, surroundings_.clock.unix_ms());
  return false;
}

void Writer::close_file() {
  damaged_dedup_rows_ = 0;
  opened_.close();
  custody_.let_go();
  batch_.reset();
  upkeep_.reset();
  file_.reset();
  cache_.clear();
  database_.rollback();
  database_.close();
  if (surroundings_.on_closed) surroundings_.on_closed();
}

void Writer::close() {
  if (file_ != nullptr) custody_.begin_closing();
  if (file_ != nullptr && mark_closed(database_)) {
    batch_.reset();
    upkeep_.reset();
    file_.reset();  // and with it the statements
    database_.close_in_good_order();
    custody_.closed();
  }
  close_file();
}

// --- batches --------------------------------------------------------------------------------------------------------

void Writer::run_batch(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers) {
  answers.clear();
  for (const StoreRequest& request : requests)
    answers.push_back(refusal_of(request.ticket));
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
  if (attempt(requests, answers, Scope::kEverything) || is_unsettled()) return;
  // A store that cannot be written may be readable: rooms can be opened, and their history read.
  if (file_ != nullptr) attempt(requests, answers, Scope::kOpens);
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
  set_durability(room::Durability::kProcess);
  const Instant now = surroundings_.clock.now();
  for (int slices = 0; slices < kRoomSlicesMax && file_ != nullptr; ++slices) {
    const bool has_made_some = upkeep_->make_room(now, bytes);
    if (take_failure() || !has_made_some) return;
  }
}

bool Writer::attempt(std::span<StoreRequest> requests, std::vector<StoreAnswer>& answers, Scope scope) {
  const Instant started = surroundings_.clock.now();
  const UnixMillis now = surroundings_.clock.unix_ms();
  const StoreMillis at = ages_.at(started);
  std::uint64_t publishes = 0;
  for (const StoreRequest& request : requests)
    publishes += std::holds_alternative<StorePublish>(request.what) ? 1 : 0;
  const bool publishes_now = publishes > 0 && scope == Scope::kEverything;
  if (publishes_now) {
    set_durability(durability_of(requests));
    if (!begin_ours()) return false;
  } else {
    database_.begin();
  }
  for (std::size_t i = 0; i < requests.size() && !database_.has_failed(); ++i) {
    if (i % kRequestsAtOnce == 0) give_way();
    if (auto* open = std::get_if<StoreOpen>(&requests[i].what)) {
      answers[i].what = batch_->open(*open, started);
    } else if (auto* message = std::get_if<StorePublish>(&requests[i].what); message != nullptr && publishes_now) {
      answers[i].what = batch_->publish(*message, now, at);
    }
  }
  batch_->write(at);
  give_way();
  const bool could_commit = !database_.has_failed();
  if (!database_.commit() || lost_mappings() != lost_mappings_) {
    auto batch = could_commit ? UnsettledBatch::of(file_->journal, requests, answers) : std::nullopt;
    batch_->undo();
    if (!take_failure()) lose_file({settings_.file + "-shm was cut short", false});
    if (file_ == nullptr && batch) {
      unsettled_ = std::move(batch);
      answers.clear();
      return false;
    }
    for (std::size_t i = 0; i < requests.size(); ++i)
      answers[i] = refusal_of(requests[i].ticket);
    status_.failures.add(publishes);
    return false;
  }
  file_->owners.committed();
  if (publishes_now) file_->committed();
  if (batch_->must_be_synced() && durability_ != room::Durability::kPower) sync_again();
  if (file_ == nullptr) return true;  // it was committed, but is not to be used any more
  batch_->apply(*upkeep_);
  note();
  if (file_ == nullptr) return true;
  if (publishes_now) {
    const Instant ended = surroundings_.clock.now();
    file_->dedup.committed(ended);
    status_.dedup_records.set(file_->dedup.size());
    status_.batches.add();
    status_.syncs.add(durability_ == room::Durability::kPower ? 1 : 0);
    status_.commit_ns.observe((ended - started).count());
    report_success();
  }
  return true;
}

void Writer::give_way() const {
  if (surroundings_.give_way) surroundings_.give_way();
}

bool Writer::settle(std::vector<StoreAnswer>& answers) {
  if (!ensure_open()) return false;
  database_.begin();
  std::uint64_t refused = 0;
  answers = std::exchange(unsettled_, std::nullopt)->settle(database_, *batch_, surroundings_.clock.now(), refused);
  status_.failures.add(refused);
  if (database_.commit()) {
    batch_->apply(*upkeep_);
  } else {
    batch_->undo();
    take_failure();
  }
  return true;
}

void Writer::give_up_settling(std::vector<StoreAnswer>& answers) {
  answers = std::exchange(unsettled_, std::nullopt)->give_up();
}

// --- durability ------------------------------------------------------------------------------------------------------

/// One commit is for all: the strictest of them counts.
room::Durability Writer::durability_of(std::span<const StoreRequest> requests) {
  for (const StoreRequest& request : requests) {
    const auto* publish = std::get_if<StorePublish>(&request.what);
    if (publish != nullptr && publish->durability == room::Durability::kPower) return room::Durability::kPower;
  }
  return room::Durability::kProcess;
}

void Writer::set_durability(room::Durability durability) {
  if (durability == durability_) return;
  const bool is_power = durability == room::Durability::kPower;
  database_.run(is_power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  durability_ = durability;
}

void Writer::sync_again() {
  // Any commit with an fsync brings those before it to the disk, too.
  set_durability(room::Durability::kPower);
  database_.begin_writing();
  write_anything(database_);
  if (!database_.commit()) take_failure();
}

// --- failure and recovery --------------------------------------------------------------------------------------------

bool Writer::take_failure() {
  if (!database_.has_failed()) return false;
  const DatabaseError error = database_.take_error();
  database_.rollback();
  if (error.needs_reopening()) close_file();
  fail_with(error.sentence(settings_.file));
  return true;
}

void Writer::fail_with(std::string sentence) {
  failed_at_ = surroundings_.clock.now();
  next_upkeep_ = failed_at_ + kUpkeepPauseAfterFailure;
  if (file_ == nullptr) next_open_ = std::max(next_open_, failed_at_);
  status_.failing(StoreTrouble::kFile, std::move(sentence), surroundings_.clock.unix_ms());
}

/// Begins a transaction that writes. Nobody else may have taken the file: a second server whose lock was removed.
bool Writer::begin_ours() {
  database_.begin_writing();
  if (database_.has_failed() || file_->is_ours()) return true;  // a failure shows at the commit
  if (database_.has_failed()) return true;
  database_.rollback();
  close_file();
  fail_with(settings_.file + " was taken over by another server: only one may have it");
  return false;
}

/// The file has come further.
void Writer::note() {
  if (auto failure = custody_.note(file_->journal.last_row(), database_.log_frames())) {
    close_file();
    fail_with(std::move(*failure));
  }
}

void Writer::look_after() {
  next_look_ = surroundings_.clock.now() + kLookPause;
  if (lost_mappings() != lost_mappings_) return lose_file({settings_.file + "-shm was cut short", false});
  if (surroundings_.may_open) {
    if (auto refusal = surroundings_.may_open()) {
      close_file();
      return fail_with(std::move(*refusal));
    }
  }
  if (const auto finding = custody_.look()) lose_file(*finding);
}

/// The file is not what it should be any more: it is closed, and opened anew at once, which judges what lies there.
void Writer::lose_file(const Custody::Finding& finding) {
  if (finding.can_save_log) {
    const Database::Checkpoint saved = database_.checkpoint();
    if (!saved.error && saved.frames_moved == saved.frames_in_log) custody_.end_checkpoint(true);
  }
  close_file();
  fail_with(finding.sentence + ": it is opened anew");
  next_upkeep_ = failed_at_;
  status_.losses.add();  // after the failure is told: who sees the count must not find the store ready still
}

void Writer::end_checkpoint(bool has_failed) {
  if (file_ == nullptr) return;
  if (has_failed) {
    custody_.note_lost_sync();
  } else if (const auto error = database_.checkpoint().error) {
    custody_.note_lost_sync();
    status_.checkpoint_failures.add();
    status_.failing(StoreTrouble::kCheckpoint, error->sentence(settings_.file), surroundings_.clock.unix_ms());
  }
  custody_.end_checkpoint(false);
}

void Writer::report_success() {
  if (surroundings_.clock.now() - failed_at_ >= kQuietBeforeOk)
    status_.ok(StoreTrouble::kFile, surroundings_.clock.unix_ms());
}

// --- upkeep ----------------------------------------------------------------------------------------------------------

bool Writer::run_upkeep() {
  const Instant now = surroundings_.clock.now();
  if (now < next_upkeep_ || !ensure_open()) return false;
  if (now >= next_look_) look_after();
  if (file_ == nullptr) return false;
  if (now >= next_check_in_) {
    check_in(now);
    if (file_ == nullptr || database_.has_failed()) return false;
  }
  set_durability(room::Durability::kProcess);
  const bool did_something = upkeep_->run(now);
  if (take_failure()) return false;
  note();
  return did_something;
}

void Writer::check_in(Instant now) {
  next_check_in_ = now + kCheckInPause;
  measure();
  look_at_clock();
  if (now >= next_age_kept_ && status_.commits.value() != commits_at_age_) {
    keep_age();
    if (take_failure()) return;
  }
  tell_damage();
  if (status_.state().is_ok || now - failed_at_ < kQuietBeforeOk) return;
  // Nobody may be publishing at the moment, so it has to be tried whether that is possible again.
  set_durability(room::Durability::kProcess);
  database_.begin_writing();
  write_anything(database_);
  database_.commit();
  if (!take_failure()) report_success();
}

// --- the clock -------------------------------------------------------------------------------------------------------

void Writer::look_at_clock() {
  const std::string jump = ages_.look(surroundings_.clock.now(), surroundings_.clock.unix_ms());
  if (!jump.empty()) status_.notice(jump);
}

/// So that ages go on from there after the next opening.
void Writer::keep_age() {
  const Instant now = surroundings_.clock.now();
  next_age_kept_ = now + kAgePause;
  commits_at_age_ = status_.commits.value();
  set_durability(room::Durability::kProcess);
  database_.begin_writing();
  save_age(database_, ages_.save(now, surroundings_.clock.unix_ms()));
  database_.commit();
}

bool Writer::is_pressed() {
  return upkeep_ != nullptr && surroundings_.clock.now() >= next_upkeep_ && upkeep_->is_pressed();
}

Instant Writer::next_upkeep() const {
  const Instant due = file_ != nullptr ? std::min({upkeep_->next_due(), next_check_in_, next_look_}) : next_open_;
  return std::max(due, next_upkeep_);
}

void Writer::measure() {
  status_.bytes_on_disk.set(size_of(settings_.file) + size_of(settings_.file + "-wal"));
}

}  // namespace switchboard::broker
