#include "broker/sqlite/upkeep.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace switchboard::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What one slice does at most: a few milliseconds each.
constexpr int kSealsMax = 64;
constexpr std::size_t kSealsMin = 16;  // fewer wait for others, because each transaction has its own costs ...
constexpr Duration kSealPause = milliseconds(100);  // ... but not longer than this
constexpr std::size_t kSealBytesMax = 4u << 20;
constexpr std::size_t kEarlySealsMax = 256;  // these are small
constexpr int kTrimmedBlocksMax = 64;        // of one room
constexpr int kOldestBlocksMax = 32;         // of all rooms, when the file is full
constexpr std::size_t kDeadBytesMin = 1u << 20;
constexpr std::size_t kDeadBytesMax = 4u << 20;
constexpr std::uint32_t kDedupRecordsMax = 65'536;
constexpr int kVisitsMax = 64;

constexpr Duration kVisitPause = milliseconds(100);
constexpr Duration kWalkPause = seconds(10);
constexpr Duration kVacuumPause = seconds(1);

static_assert(std::endian::native == std::endian::little, "the file's numbers are little endian");

}  // namespace

Upkeep::Upkeep(StoreFile& file, const UpkeepLimits& limits, StoreStatus& status)
    : file_(file),
      limits_(limits),
      status_(status),
      page_count_(file.database, "PRAGMA page_count"),
      free_count_(file.database, "PRAGMA freelist_count"),
      page_bytes_(static_cast<std::uint64_t>(file.database.integer("PRAGMA page_size"))) {
  const std::lock_guard lock(file_.cache.mutex());
  file_.cache.for_each([this](StoredRoom& room) { on_grown(room); });
}

void Upkeep::on_grown(StoredRoom& room) {
  trim_tail(room, room.row.retention.messages / 8 + 16);
  if (room.wants_sealing) return;
  if (room.tail.size() < limits_.block_messages && room.tail.bytes() < limits_.block_bytes) return;
  room.wants_sealing = true;
  line_.push_back(&room);
}

bool Upkeep::run(Instant now, UnixMillis unix_ms) {
  return seal_line(now, unix_ms) || seal_oldest(unix_ms) || remove_dead() || forget(now) || hold_size(now, unix_ms) ||
         walk(now, unix_ms) || vacuum(now);
}

bool Upkeep::is_pressed() {
  return line_.size() > 1'000 || file_.journal.live_bytes() > 2 * limits_.journal_bytes_max ||
         file_.journal.live_messages() > 2 * limits_.journal_messages_max;
}

bool Upkeep::seal_line(Instant now, UnixMillis unix_ms) {
  if (line_.empty() || (line_.size() < kSealsMin && now < next_seal_)) return false;
  next_seal_ = now + kSealPause;
  file_.database.begin_writing();
  std::size_t bytes = 0;
  std::size_t taken = 0;
  for (; taken < line_.size() && taken < kSealsMax && bytes < kSealBytesMax; ++taken) {
    bytes += line_[taken]->tail.bytes();
    seal(*line_[taken], unix_ms);
  }
  finish();
  if (file_.database.has_failed()) return true;
  for (; taken > 0; --taken) {
    line_.front()->wants_sealing = false;
    line_.pop_front();
  }
  return true;
}

bool Upkeep::seal_oldest(UnixMillis unix_ms) {
  Journal& journal = file_.journal;
  if (journal.live_bytes() <= limits_.journal_bytes_max && journal.live_messages() <= limits_.journal_messages_max)
    return false;
  std::vector<StoredRoom*> rooms = journal.oldest_rooms();
  std::sort(rooms.begin(), rooms.end());
  rooms.erase(std::unique(rooms.begin(), rooms.end()), rooms.end());
  if (rooms.size() > kEarlySealsMax) rooms.resize(kEarlySealsMax);
  if (rooms.empty()) return false;
  file_.database.begin_writing();
  for (StoredRoom* room : rooms)
    seal(*room, unix_ms);
  finish();
  return true;
}

Upkeep::Extent Upkeep::extent_of(const StoredRoom& room) {
  return {.room = room.row.id,
          .retention = room.row.retention,
          .first = room.first,
          .last = room.last,
          .base = room.base,
          .total = room.total};
}

void Upkeep::seal(StoredRoom& room, UnixMillis unix_ms) {
  if (room.tail.empty()) return;
  {
    const std::lock_guard lock(file_.cache.mutex());
    trim_tail(room, 0);
  }
  add_blocks(room);
  file_.rooms.save_sealed(room.row.id, room.last);
  Extent extent = extent_of(room);
  trim_blocks(extent, unix_ms);
  changes_.push_back({.room = &room,
                      .first = extent.first,
                      .base = extent.base,
                      .trimmed = distance(room.first, extent.first),
                      .ends_tail = true});
}

void Upkeep::add_blocks(const StoredRoom& room) {
  const Tail& tail = room.tail;
  BlockHead block{.room = room.row.id, .total = room.total - tail.bytes()};
  // As many as it takes: one batch can bring more than a block's worth, and blocks are trimmed whole.
  for (std::size_t from = 0, until = 0; from < tail.size(); from = until) {
    std::size_t bytes = 0;
    do {
      bytes += tail.frame(until++).size();
    } while (until < tail.size() && until - from < limits_.block_messages && bytes < limits_.block_bytes);
    block.first = room.tail_first().plus(from);
    block.last = room.tail_first().plus(until - 1);
    block.newest_ts = tail.ts(until - 1);
    block.base = block.total;
    block.total += bytes;
    const std::vector<std::uint32_t> ends = tail.ends(from, until);
    const std::string_view ends_bytes(reinterpret_cast<const char*>(ends.data()), ends.size() * sizeof(ends[0]));
    file_.rooms.add_block(block, ends_bytes, tail.frames(from, until));
  }
}

bool Upkeep::trim_blocks(Extent& extent, UnixMillis unix_ms) {
  const UnixMillis oldest_ts = unix_ms - 1'000 * static_cast<UnixMillis>(extent.retention.seconds);
  for (int removed = 0; removed < kTrimmedBlocksMax; ++removed) {
    const std::optional<BlockHead> block = file_.rooms.oldest_block(extent.room);
    if (!block.has_value()) return true;
    const bool is_over = distance(block->last, extent.last) >= extent.retention.messages ||
                         extent.total - block->total >= extent.retention.bytes || block->newest_ts < oldest_ts;
    if (!is_over) return true;
    file_.rooms.remove_block(block->id);
    extent.first = block->last.next();
    extent.base = block->total;
    if (extent.first > extent.last) {
      file_.rooms.save_last(extent.room, extent.last, unix_ms);
      return true;
    }
  }
  return false;
}

void Upkeep::trim_tail(StoredRoom& room, std::size_t slack_messages) {
  if (room.has_blocks()) return;  // those are older
  const room::Retention& retention = room.row.retention;
  const std::size_t size = room.tail.size();
  std::size_t dropped = size > retention.messages + slack_messages ? size - retention.messages : 0;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < dropped; ++i)
    bytes += room.tail.frame(i).size();
  while (dropped + 1 < size && room.tail.bytes() - bytes > retention.bytes)
    bytes += room.tail.frame(dropped++).size();
  if (dropped == 0) return;
  room.tail.drop_front(dropped);
  room.first = room.first.plus(dropped);
  room.base += bytes;
  status_.trimmed.add(dropped);
}

bool Upkeep::remove_dead() {
  if (file_.journal.dead_bytes() < kDeadBytesMin) return false;
  file_.database.begin_writing();
  file_.journal.remove_dead(kDeadBytesMax);
  if (file_.database.commit()) file_.journal.removed();
  return true;
}

bool Upkeep::forget(Instant now) {
  if (!file_.dedup.has_expired(now)) return false;
  file_.database.begin_writing();
  file_.dedup.expire(now, kDedupRecordsMax);
  if (file_.database.commit()) file_.dedup.expired();
  return true;
}

std::uint64_t Upkeep::used_bytes() {
  page_count_.with();
  free_count_.with();
  const std::int64_t pages = page_count_.next() ? page_count_.integer(0) : 0;
  const std::int64_t free = free_count_.next() ? free_count_.integer(0) : 0;
  page_count_.reset();
  free_count_.reset();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(pages - free, 0)) * page_bytes_;
}

bool Upkeep::hold_size(Instant now, UnixMillis unix_ms) {
  const std::uint64_t bound = file_.settings.store_bytes_max;
  if (used_bytes() <= bound - bound / 8) return false;
  file_.database.begin_writing();
  int removed = 0;
  for (; removed < kOldestBlocksMax; ++removed) {
    const std::optional<BlockHead> block = file_.rooms.oldest_block();
    if (!block.has_value()) break;
    remove_oldest_block(*block, unix_ms);
  }
  finish();
  if (removed > 0 || file_.dedup.size() == 0) return removed > 0;
  file_.dedup.shorten(now);
  return true;
}

void Upkeep::remove_oldest_block(const BlockHead& block, UnixMillis unix_ms) {
  const std::optional<std::string> name = file_.rooms.name_of(block.room);
  StoredRoom* room = name.has_value() ? file_.cache.on_writer(*name) : nullptr;
  file_.rooms.remove_block(block.id);
  const bool is_last = room != nullptr ? block.last == room->last : !file_.rooms.oldest_block(block.room).has_value();
  if (is_last) file_.rooms.save_last(block.room, block.last, unix_ms);
  changes_.push_back({.room = room,
                      .first = block.last.next(),
                      .base = block.total,
                      .trimmed = distance(block.first, block.last.next())});
}

bool Upkeep::walk(Instant now, UnixMillis unix_ms) {
  if (now < next_walk_) return false;
  file_.database.begin_writing();
  const std::vector<RoomTable::Visit> visits = file_.rooms.after(walked_, kVisitsMax);
  std::int64_t walked = walked_;
  for (const RoomTable::Visit& each : visits) {
    if (!visit(each, unix_ms)) break;  // there is more to trim: here the next slice goes on
    walked = each.id;
  }
  finish();
  if (file_.database.has_failed()) return true;
  const bool is_at_end = visits.empty() || (visits.size() < kVisitsMax && walked == visits.back().id);
  walked_ = is_at_end ? 0 : walked;
  next_walk_ = now + (is_at_end ? kWalkPause : kVisitPause);
  return true;
}

bool Upkeep::visit(const RoomTable::Visit& visit, UnixMillis unix_ms) {
  StoredRoom* room = file_.cache.on_writer(visit.name);
  return room != nullptr ? visit_cached(*room, unix_ms) : visit_stored(visit, unix_ms);
}

bool Upkeep::visit_cached(StoredRoom& room, UnixMillis unix_ms) {
  if (room.has_blocks()) {
    Extent extent = extent_of(room);
    const bool is_done = trim_blocks(extent, unix_ms);
    changes_.push_back(
        {.room = &room, .first = extent.first, .base = extent.base, .trimmed = distance(room.first, extent.first)});
    return is_done;
  }
  const UnixMillis oldest_ts = unix_ms - 1'000 * static_cast<UnixMillis>(room.row.retention.seconds);
  std::size_t old = 0;
  std::uint64_t bytes = 0;
  for (; old < room.tail.size() && room.tail.ts(old) < oldest_ts; ++old)
    bytes += room.tail.frame(old).size();
  if (old == 0) return true;
  if (old == room.tail.size()) {
    // The journal may lose these messages from now on, so the row has to say how far the numbers went.
    file_.rooms.save_last(room.row.id, room.last, unix_ms);
    changes_.push_back(
        {.room = &room, .first = room.last.next(), .base = room.total, .trimmed = old, .ends_tail = true});
    return true;
  }
  const std::lock_guard lock(file_.cache.mutex());
  room.tail.drop_front(old);
  room.first = room.first.plus(old);
  room.base += bytes;
  status_.trimmed.add(old);
  return true;
}

bool Upkeep::visit_stored(const RoomTable::Visit& visit, UnixMillis unix_ms) {
  const std::optional<BlockHead> newest = file_.rooms.newest_block(visit.id);
  if (!newest.has_value()) {
    // Empty for as long again as its messages were kept: the room is forgotten.
    const UnixMillis until = visit.emptied_ts + 1'000 * static_cast<UnixMillis>(visit.retention.seconds);
    if (visit.emptied_ts == 0 || unix_ms <= until) return true;
    file_.rooms.remove(visit.id);
    removed_row_ = true;
    return true;
  }
  Extent extent{.room = visit.id,
                .retention = visit.retention,
                .first = newest->first,
                .last = newest->last,
                .base = newest->base,
                .total = newest->total};
  const Seq before = file_.rooms.oldest_block(visit.id).value_or(*newest).first;
  extent.first = before;
  const bool is_done = trim_blocks(extent, unix_ms);
  changes_.push_back({.room = nullptr, .trimmed = distance(before, extent.first)});
  return is_done;
}

bool Upkeep::vacuum(Instant now) {
  if (file_.settings.vacuum != Vacuum::kIncremental || now < next_vacuum_) return false;
  page_count_.with();
  free_count_.with();
  const std::int64_t pages = page_count_.next() ? page_count_.integer(0) : 0;
  const std::int64_t free = free_count_.next() ? free_count_.integer(0) : 0;
  page_count_.reset();
  free_count_.reset();
  if (free <= std::max(limits_.vacuum_pages_min, pages / 8)) {
    next_vacuum_ = now + kVacuumPause;
    return false;
  }
  next_vacuum_ = now + kVisitPause / 4;
  file_.database.run("PRAGMA incremental_vacuum(128)");
  return true;
}

void Upkeep::finish() {
  Identity identity = file_.identity;
  if (removed_row_) renew_unknown_epoch(file_.database, file_.random, identity);
  removed_row_ = false;
  const std::vector<Change> changes = std::exchange(changes_, {});
  if (!file_.database.commit()) return;
  file_.identity = identity;
  const std::lock_guard lock(file_.cache.mutex());
  for (const Change& change : changes) {
    status_.trimmed.add(change.trimmed);
    if (change.room == nullptr) continue;
    if (change.ends_tail) change.room->tail.clear();
    change.room->first = change.first;
    change.room->base = change.base;
  }
}

}  // namespace switchboard::broker
