#include "broker/sqlite/dedup_table.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "broker/sqlite/row_check.h"

namespace switchboard::broker {
namespace {

// Records in one row of the table: a look-up reads a whole row, so not too many.
constexpr std::size_t kRowRecords = 256;

static_assert(sizeof(DedupRecord) == 40, "as in the file");

std::string_view bytes_of(const DedupRecord* records, std::size_t count) {
  return {reinterpret_cast<const char*>(records), count * sizeof(DedupRecord)};
}

DedupRecord record_at(std::string_view row, std::size_t index) {
  DedupRecord record;
  std::memcpy(&record, row.data() + index * sizeof(DedupRecord), sizeof(DedupRecord));
  return record;
}

/// Of the columns first, ts, checksum, records.
bool is_whole(const Statement& row) {
  return row.integer(2) == row_check(row.integer(0), row.integer(1), row.bytes(3));
}

}  // namespace

DedupTable::DedupTable(Database& database, const SqliteSettings& settings, const HashKey (&keys)[2])
    : settings_(settings),
      // Never more than a quarter of the file.
      records_max_(
          std::min<std::uint64_t>(settings.dedup_records_max, settings.store_bytes_max / 4 / sizeof(DedupRecord))),
      keys_{keys[0], keys[1]},
      insert_(database, "INSERT INTO dedup(first, ts, checksum, records) VALUES(?, ?, ?, ?)"),
      read_(database, "SELECT first, ts, checksum, records FROM dedup WHERE first <= ? ORDER BY first DESC LIMIT 1"),
      remove_(database, "DELETE FROM dedup WHERE first < ?"),
      database_(database) {}

void DedupTable::load(Instant now, StoreMillis at) {
  const StoreMillis cutoff = at - 2 * static_cast<StoreMillis>(settings_.dedup_window_ms);
  oldest_ = static_cast<std::uint64_t>(std::max<std::int64_t>(database_.integer("SELECT min(first) FROM dedup"), 1));
  const std::int64_t newest = database_.integer("SELECT max(first) FROM dedup");
  const std::int64_t from = newest - static_cast<std::int64_t>(records_max_);
  next_ = oldest_;
  older_.base = 0;
  Statement rows(database_, "SELECT first, ts, checksum, records FROM dedup WHERE first >= ? ORDER BY first");
  std::vector<std::int64_t> damaged;
  rows.with(from);
  while (rows.next()) {
    const std::string_view records = rows.bytes(3);
    if (!is_whole(rows)) {
      damaged.push_back(rows.integer(0));
      continue;
    }
    const std::size_t count = records.size() / sizeof(DedupRecord);
    next_ = rows.natural(0) + count;
    if (rows.integer(1) < cutoff) continue;
    if (older_.base == 0) older_.base = rows.natural(0);
    for (std::size_t i = 0; i < count; ++i)
      older_.index.insert(record_at(records, i).digest.low,
                          static_cast<std::uint32_t>(rows.natural(0) + i - older_.base));
  }
  // Their numbers are given out again, to other records.
  for (const std::int64_t first : damaged)
    Statement(database_, "DELETE FROM dedup WHERE first = ?").with(first).run();
  damaged_ += damaged.size();
  if (older_.base == 0) older_.base = next_;
  current_.base = next_;
  rotated_at_ = now;
}

DedupDigest DedupTable::digest(std::string_view room, std::string_view sender, std::string_view key) {
  // A name may hold any byte, so the lengths say where each ends.
  text_.clear();
  for (const std::string_view part : {room, sender, key}) {
    const auto length = static_cast<std::uint32_t>(part.size());
    text_.append(reinterpret_cast<const char*>(&length), sizeof(length));
    text_.append(part);
  }
  return {.low = siphash13(keys_[0], text_), .high = siphash13(keys_[1], text_)};
}

std::optional<DedupRecord> DedupTable::find(const DedupDigest& digest) {
  const auto staged = staged_by_digest_.find(digest);
  if (staged != staged_by_digest_.end()) return staged_[staged->second];
  if (auto record = find_in(current_, digest)) return record;
  return find_in(older_, digest);
}

std::optional<DedupRecord> DedupTable::find_in(const Generation& generation, const DedupDigest& digest) {
  std::optional<DedupRecord> found;
  generation.index.find(digest.low, [&](std::uint32_t offset) {
    found = read(generation.base + offset);
    if (found.has_value() && found->digest != digest) found.reset();
    return found.has_value();
  });
  return found;
}

std::optional<DedupRecord> DedupTable::read(std::uint64_t number) {
  if (!read_.with(number).next()) return std::nullopt;
  const std::uint64_t index = number - read_.natural(0);
  const std::string_view records = read_.bytes(3);
  std::optional<DedupRecord> record;
  if (!is_whole(read_)) {
    ++damaged_;
  } else if (index < records.size() / sizeof(DedupRecord))
    record = record_at(records, index);
  read_.reset();
  return record;
}

void DedupTable::stage(const DedupRecord& record) {
  staged_by_digest_.emplace(record.digest, static_cast<std::uint32_t>(staged_.size()));
  staged_.push_back(record);
}

void DedupTable::write(StoreMillis at) {
  for (std::size_t begin = 0; begin < staged_.size(); begin += kRowRecords) {
    const std::size_t count = std::min(kRowRecords, staged_.size() - begin);
    const std::string_view records = bytes_of(&staged_[begin], count);
    insert_.with(next_ + begin, at, row_check(next_ + begin, at, records), Blob{records}).run();
  }
}

void DedupTable::committed(Instant now) {
  for (std::size_t i = 0; i < staged_.size(); ++i)
    current_.index.insert(staged_[i].digest.low, static_cast<std::uint32_t>(next_ + i - current_.base));
  next_ += staged_.size();
  rolled_back();
  const bool is_full = current_.index.size() >= std::max<std::size_t>(records_max_ / 2, 1);
  if (is_full || now - rotated_at_ >= std::chrono::milliseconds(settings_.dedup_window_ms)) rotate(now);
}

void DedupTable::rolled_back() {
  staged_.clear();
  staged_by_digest_.clear();
}

void DedupTable::rotate(Instant now) {
  older_ = std::exchange(current_, Generation{.base = next_, .index = {}});
  rotated_at_ = now;
}

bool DedupTable::has_expired(Instant now) {
  if (now - rotated_at_ >= std::chrono::milliseconds(settings_.dedup_window_ms)) rotate(now);
  return oldest_ < older_.base;
}

bool DedupTable::expire(Instant now, std::uint32_t records_max) {
  if (!has_expired(now)) return false;
  expired_before_ = std::min<std::uint64_t>(older_.base, oldest_ + records_max);
  remove_.with(expired_before_).run();
  return expired_before_ < older_.base;
}

}  // namespace switchboard::broker
