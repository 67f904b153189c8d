#include "broker/sqlite/journal.h"

#include <algorithm>
#include <cstring>

#include "broker/sqlite/meta.h"
#include "broker/sqlite/row_check.h"

namespace switchboard::broker {
namespace {

/// Before each record in a row; also the bytes in the file.
struct MessageHead {
  std::int64_t room = 0;
  std::uint64_t seq = 0;
  StoreMillis at = 0;
  std::uint32_t record_bytes = 0;
  OwnerId owner = 0;
  std::uint16_t unused = 0;
};
static_assert(sizeof(MessageHead) == 32, "as in the file");

/// The room has it in a block, or it was trimmed.
bool is_dead(const StoredRoom& room, Seq seq) {
  return seq < room.tail_first();
}

}  // namespace

Journal::Journal(Database& database, std::int64_t last_row)
    : database_(database),
      insert_(database, "INSERT INTO journal(id, previous, checksum, messages) VALUES(?, ?, ?, ?)"),
      read_(database, "SELECT id, messages FROM journal ORDER BY id"),
      remove_(database, "DELETE FROM journal WHERE id <= ?"),
      next_row_(last_row + 1) {}

Journal::~Journal() {
  for (const Live& live : live_)
    --live.room->pins;
}

void Journal::stage(StoredRoom& room, Seq seq, StoreMillis at, OwnerId owner, std::string_view record) {
  const MessageHead head{.room = room.newest_row().id,
                         .seq = seq.value,
                         .at = at,
                         .record_bytes = static_cast<std::uint32_t>(record.size()),
                         .owner = owner};
  row_.append(reinterpret_cast<const char*>(&head), sizeof(head));
  const auto begin = static_cast<std::uint32_t>(row_.size());
  row_.append(record);
  staged_.push_back({&room, seq, at, begin, static_cast<std::uint32_t>(row_.size()), owner});
}

void Journal::write() {
  if (staged_.empty()) return;
  insert_.with(next_row_, next_row_ - 1, staged_check(), Blob{row_}).run();
}

std::int64_t Journal::staged_check() const {
  return row_check(next_row_, row_);
}

bool Journal::has(Database& database, std::int64_t row, std::int64_t check) {
  Statement statement(database, "SELECT 1 FROM journal WHERE id = ? AND checksum = ?");
  const bool is_there = statement.with(row, check).next();
  statement.reset();
  return is_there;
}

void Journal::committed() {
  if (staged_.empty()) return;
  rows_.push_back({next_row_, row_.size()});
  live_bytes_ += row_.size();
  for (const Entry& entry : staged_)
    keep(*entry.room, entry.seq, next_row_);
  ++next_row_;
  rolled_back();
}

void Journal::rolled_back() {
  staged_.clear();
  row_.clear();
}

void Journal::keep(StoredRoom& room, Seq seq, std::int64_t row) {
  if (!live_.empty() && live_.back().room == &room && live_.back().row == row) {
    live_.back().seq = seq;
    return;
  }
  live_.push_back({&room, seq, row});
  ++room.pins;
}

void Journal::pass_dead() {
  while (!live_.empty() && is_dead(*live_.front().room, live_.front().seq)) {
    --live_.front().room->pins;
    live_.pop_front();
  }
  while (dead_rows_ < rows_.size() && (live_.empty() || rows_[dead_rows_].id < live_.front().row)) {
    live_bytes_ -= rows_[dead_rows_].bytes;
    dead_bytes_ += rows_[dead_rows_].bytes;
    ++dead_rows_;
  }
}

std::vector<StoredRoom*> Journal::oldest_rooms() {
  pass_dead();
  std::vector<StoredRoom*> rooms;
  for (const Live& live : live_) {
    if (live.row != live_.front().row) break;
    if (!is_dead(*live.room, live.seq)) rooms.push_back(live.room);
  }
  return rooms;
}

std::size_t Journal::dead_bytes() {
  pass_dead();
  return dead_bytes_;
}

void Journal::remove_dead(std::size_t bytes_max) {
  std::size_t bytes = 0;
  removing_ = 0;
  while (removing_ < dead_rows_ && (removing_ == 0 || bytes + rows_[removing_].bytes <= bytes_max))
    bytes += rows_[removing_++].bytes;
  if (removing_ == 0) return;
  const std::int64_t last = rows_[removing_ - 1].id;
  remove_.with(last).run();
  set_meta(database_, kJournalRemoved, last);
}

void Journal::removed() {
  for (; removing_ > 0; --removing_) {
    dead_bytes_ -= rows_.front().bytes;
    --dead_rows_;
    rows_.pop_front();
  }
}

bool Journal::Cursor::next(std::int64_t& room, Loaded& message) {
  MessageHead head;
  if (rest.size() < sizeof(head)) return false;
  std::memcpy(&head, rest.data(), sizeof(head));
  rest.remove_prefix(sizeof(head));
  if (head.record_bytes > rest.size()) return false;
  room = head.room;
  message = {.seq = Seq{head.seq}, .at = head.at, .owner = head.owner, .record = rest.substr(0, head.record_bytes)};
  rest.remove_prefix(head.record_bytes);
  return true;
}

}  // namespace switchboard::broker
