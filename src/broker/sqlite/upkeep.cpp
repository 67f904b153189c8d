#include "broker/sqlite/upkeep.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "broker/sqlite/block_records.h"

namespace switchboard::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What one slice does at most: a few milliseconds each.
constexpr int kSealsMax = 64;
constexpr std::size_t kSealsMin = 16;  // fewer wait for others, because each transaction has its own costs ...
constexpr Duration kSealPause = milliseconds(100);  // ... but not longer than this
constexpr std::size_t kSealBytesMax = 1u << 20;
constexpr std::size_t kEarlySealsMax = 256;  // these are small
constexpr int kTrimmedBlocksMax = 64;        // of one room
constexpr std::size_t kDeadBytesMin = 256u << 10;
constexpr std::size_t kDeadBytesMax = 512u << 10;
constexpr std::uint32_t kDedupRecordsMax = 65'536;
constexpr int kVisitsMax = 128;
constexpr StoreMillis kSpans = 8;  // at least so many blocks for the time that messages are kept

constexpr Duration kVisitPause = milliseconds(10);
constexpr Duration kWalkPause = seconds(2);
constexpr Duration kWalkPauseMax = std::chrono::minutes(1);

static_assert(std::endian::native == std::endian::little, "the file's numbers are little endian");

}  // namespace

Upkeep::Upkeep(StoreFile& file, const AgeClock& ages, const UpkeepLimits& limits, StoreStatus& status)
    : file_(file),
      ages_(ages),
      limits_(limits),
      // A small file is not to be filled by what is only on its way.
      journal_bytes_max_(std::min<std::uint64_t>(limits.journal_bytes_max, file.settings.store_bytes_max / 16)),
      seal_bytes_max_(std::min<std::uint64_t>(kSealBytesMax, file.settings.store_bytes_max / 32)),
      status_(status),
      evictor_(file),
      space_(file.database, file.settings, limits.vacuum_pages_min) {
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

bool Upkeep::run(Instant now) {
  const StoreMillis at = ages_.at(now);
  is_in_doubt_ = ages_.is_in_doubt(now);
  // Room comes first: sealing needs some.
  return make_room(now, 0) || seal_line(now, at) || seal_oldest(at) || remove_dead(kDeadBytesMin) || forget(now) ||
         walk(now, at) || space_.vacuum(now);
}

bool Upkeep::is_pressed() {
  return line_.size() > 1'000 || file_.journal.live_bytes() > 2 * journal_bytes_max_ ||
         file_.journal.live_messages() > 2 * limits_.journal_messages_max;
}

bool Upkeep::seal_line(Instant now, StoreMillis at) {
  if (line_.empty() || (line_.size() < kSealsMin && now < next_seal_)) return false;
  next_seal_ = now + kSealPause;
  file_.database.begin_writing();
  std::size_t bytes = 0;
  std::size_t taken = 0;
  for (; taken < line_.size() && taken < kSealsMax && bytes < seal_bytes_max_; ++taken) {
    bytes += line_[taken]->tail.bytes();
    seal(*line_[taken], at);
  }
  finish();
  if (file_.database.has_failed()) return true;
  for (; taken > 0; --taken) {
    line_.front()->wants_sealing = false;
    line_.pop_front();
  }
  return true;
}

bool Upkeep::seal_oldest(StoreMillis at) {
  const Journal& journal = file_.journal;
  if (journal.live_bytes() <= journal_bytes_max_ && journal.live_messages() <= limits_.journal_messages_max)
    return false;
  return seal_oldest_rooms(at);
}

/// Those that keep the journal's oldest row.
bool Upkeep::seal_oldest_rooms(StoreMillis at) {
  std::vector<StoredRoom*> rooms = file_.journal.oldest_rooms();
  std::sort(rooms.begin(), rooms.end());
  rooms.erase(std::unique(rooms.begin(), rooms.end()), rooms.end());
  if (rooms.size() > kEarlySealsMax) rooms.resize(kEarlySealsMax);
  if (rooms.empty()) return false;
  file_.database.begin_writing();
  for (StoredRoom* room : rooms)
    seal(*room, at);
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

void Upkeep::seal(StoredRoom& room, StoreMillis at) {
  if (room.tail.empty()) return;
  {
    const std::lock_guard lock(file_.cache.mutex());
    trim_tail(room, 0);
  }
  Extent extent = extent_of(room);
  const Excess excess = excess_of(room);
  // What is older than a tail that is too long goes first. Then its excess need not be written to be trimmed at once.
  const bool may_skip = excess.messages > 0 && trim_blocks(extent, at) && !file_.rooms.oldest_block(room.row.id);
  if (may_skip) {
    extent.first = room.tail_first().plus(excess.messages);
    extent.base = room.total - room.tail.bytes() + excess.bytes;
  }
  add_blocks(room, may_skip ? excess : Excess{});
  file_.rooms.save_sealed(room.row.id, room.last);
  trim_blocks(extent, at);
  changes_.push_back({.room = &room,
                      .first = extent.first,
                      .base = extent.base,
                      .trimmed = distance(room.first, extent.first),
                      .ends_tail = true});
}

void Upkeep::add_blocks(const StoredRoom& room, const Excess& skipped) {
  const Tail& tail = room.tail;
  BlockHead block{.room = room.row.id, .total = room.total - tail.bytes() + skipped.bytes, .owner = room.writer};
  // Blocks are trimmed whole, so none is to span much of the time that its messages are kept for.
  const StoreMillis span_max = std::max<StoreMillis>(1'000 * StoreMillis{room.row.retention.seconds} / kSpans, 1);
  // As many as it takes: one batch can bring more than a block's worth, and blocks are trimmed whole.
  for (std::size_t from = skipped.messages, until = from; from < tail.size(); from = until) {
    std::size_t bytes = 0;
    do {
      bytes += tail.record(until++).size();
    } while (until < tail.size() && until - from < limits_.block_messages && bytes < limits_.block_bytes &&
             tail.at(until) - tail.at(from) <= span_max);
    block.first = room.tail_first().plus(from);
    block.last = room.tail_first().plus(until - 1);
    block.newest_at = tail.at(until - 1);
    block.base = block.total;
    block.total += bytes;
    std::vector<std::uint32_t> ages;
    for (std::size_t i = from; i < until; ++i)
      ages.push_back(static_cast<std::uint32_t>(std::clamp<StoreMillis>(block.newest_at - tail.at(i), 0, UINT32_MAX)));
    file_.rooms.add_block(block, block_ends(tail.ends(from, until), ages), tail.records(from, until));
  }
}

bool Upkeep::trim_blocks(Extent& extent, StoreMillis at) {
  const StoreMillis oldest_at = oldest_kept(extent.retention, at);
  for (int removed = 0; removed < kTrimmedBlocksMax; ++removed) {
    const std::optional<BlockHead> block = file_.rooms.oldest_block(extent.room);
    if (!block.has_value()) return true;
    const bool is_over = distance(block->last, extent.last) >= extent.retention.messages ||
                         extent.total - block->total >= extent.retention.bytes || block->newest_at < oldest_at;
    if (!is_over) return true;
    file_.rooms.remove_block(block->id);
    extent.first = block->last.next();
    extent.base = block->total;
    if (extent.first > extent.last) {
      file_.rooms.save_last(extent.room, extent.last, at);
      return true;
    }
  }
  return false;
}

/// Not counting what is too old.
Upkeep::Excess Upkeep::excess_of(const StoredRoom& room, std::size_t slack_messages) {
  const room::Retention& retention = room.row.retention;
  const std::size_t size = room.tail.size();
  Excess excess;
  excess.messages = size > retention.messages + slack_messages ? size - retention.messages : 0;
  for (std::size_t i = 0; i < excess.messages; ++i)
    excess.bytes += room.tail.record(i).size();
  while (excess.messages + 1 < size && room.tail.bytes() - excess.bytes > retention.bytes)
    excess.bytes += room.tail.record(excess.messages++).size();
  return excess;
}

void Upkeep::trim_tail(StoredRoom& room, std::size_t slack_messages) {
  if (room.has_blocks()) return;  // those are older
  const Excess excess = excess_of(room, slack_messages);
  if (excess.messages == 0) return;
  room.tail.drop_front(excess.messages);
  room.first = room.first.plus(excess.messages);
  room.base += excess.bytes;
  status_.trimmed.add(excess.messages);
}

/// What a room's messages must not be older than. While the wall's clock is in doubt nothing goes for its age.
StoreMillis Upkeep::oldest_kept(const room::Retention& retention, StoreMillis at) const {
  if (is_in_doubt_) return std::numeric_limits<StoreMillis>::min();
  return at - 1'000 * StoreMillis{retention.seconds};
}

bool Upkeep::remove_dead(std::size_t bytes_min) {
  if (file_.journal.dead_bytes() < bytes_min) return false;
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

// --- the bound of the file -------------------------------------------------------------------------------------------

bool Upkeep::make_room(Instant now, std::uint64_t bytes) {
  if (space_.has_room_for(bytes)) return false;
  // What came lately is nobody's yet: it is to be put to accounts before anybody pays.
  if (remove_dead(1) || seal_oldest(ages_.at(now))) return true;
  file_.database.begin_writing();
  const Evictor::Victims victims = evictor_.next(seal_bytes_max_);
  for (const RoomTable::Visit& room : victims.rooms)
    remove_room(room);
  for (const BlockHead& block : victims.blocks)
    remove_block(block, ages_.at(now));
  finish();
  if (!evictor_.is_fruitless()) return true;
  evictor_.begin_anew();
  // Nothing is left but what came lately, and keys.
  if (file_.journal.live_bytes() > 0 && seal_oldest_rooms(ages_.at(now))) return true;
  if (file_.dedup.size() == 0) return false;
  file_.dedup.shorten(now);
  return forget(now);
}

/// Its numbers are forgotten with it: should it come back, it has another epoch.
void Upkeep::remove_room(const RoomTable::Visit& visit) {
  file_.rooms.remove(visit.id);
  removed_row_ = true;
  if (StoredRoom* room = file_.cache.on_writer(visit.name)) changes_.push_back({.room = room, .is_removed = true});
}

/// Of the room that the victim is of, the oldest one: what is kept of a room has no holes.
void Upkeep::remove_block(const BlockHead& victim, StoreMillis at) {
  const BlockHead block = file_.rooms.oldest_block(victim.room).value_or(victim);
  const std::optional<std::string> name = file_.rooms.name_of(block.room);
  StoredRoom* room = name.has_value() ? file_.cache.on_writer(*name) : nullptr;
  file_.rooms.remove_block(block.id);
  const bool is_last = room != nullptr ? block.last == room->last : !file_.rooms.oldest_block(block.room).has_value();
  if (is_last) file_.rooms.save_last(block.room, block.last, at);
  // What is damaged may say anything.
  if (room != nullptr && (block.first < room->first || block.last > room->last)) room = nullptr;
  changes_.push_back({.room = room,
                      .first = block.last.next(),
                      .base = block.total,
                      .trimmed = distance(block.first, block.last.next())});
}

// --- rooms nobody uses -----------------------------------------------------------------------------------------------

/// Goes on for at most about a tenth of the time, however many rooms there are, and rests for as long as it took.
bool Upkeep::walk(Instant now, StoreMillis at) {
  if (now < next_walk_) return false;
  if (walked_ == 0) walk_began_ = now;
  file_.database.begin_writing();
  const std::vector<RoomTable::Visit> visits = file_.rooms.after(walked_, kVisitsMax);
  std::int64_t walked = walked_;
  for (const RoomTable::Visit& each : visits) {
    if (!visit(each, at)) break;  // there is more to trim: here the next slice goes on
    walked = each.id;
  }
  finish();
  if (file_.database.has_failed()) return true;
  const bool is_at_end = visits.empty() || (visits.size() < kVisitsMax && walked == visits.back().id);
  walked_ = is_at_end ? 0 : walked;
  next_walk_ = now + (is_at_end ? std::clamp(now - walk_began_, kWalkPause, kWalkPauseMax) : kVisitPause);
  return true;
}

bool Upkeep::visit(const RoomTable::Visit& visit, StoreMillis at) {
  StoredRoom* room = file_.cache.on_writer(visit.name);
  return room != nullptr ? visit_cached(*room, at) : visit_stored(visit, at);
}

bool Upkeep::visit_cached(StoredRoom& room, StoreMillis at) {
  if (room.has_blocks()) {
    Extent extent = extent_of(room);
    const bool is_done = trim_blocks(extent, at);
    changes_.push_back(
        {.room = &room, .first = extent.first, .base = extent.base, .trimmed = distance(room.first, extent.first)});
    return is_done;
  }
  const std::size_t old = room.tail.before(oldest_kept(room.row.retention, at));
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < old; ++i)
    bytes += room.tail.record(i).size();
  if (old == 0) return true;
  if (old == room.tail.size()) {
    // The journal may lose these messages from now on, so the row has to say how far the numbers went.
    file_.rooms.save_last(room.row.id, room.last, at);
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

bool Upkeep::visit_stored(const RoomTable::Visit& visit, StoreMillis at) {
  const std::optional<BlockHead> newest = file_.rooms.newest_block(visit.id);
  if (!newest.has_value()) {
    // Empty for as long again as its messages were kept: the room is forgotten.
    const StoreMillis until = visit.emptied_at + 1'000 * static_cast<StoreMillis>(visit.retention.seconds);
    if (visit.emptied_at == 0 || at <= until) return true;
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
  const bool is_done = trim_blocks(extent, at);
  changes_.push_back({.room = nullptr, .trimmed = distance(before, extent.first)});
  return is_done;
}

void Upkeep::finish() {
  file_.owners.write();
  Identity identity = file_.identity;
  if (removed_row_) renew_unknown_epoch(file_.database, file_.random, identity);
  removed_row_ = false;
  const std::vector<Change> changes = std::exchange(changes_, {});
  if (!file_.database.commit()) return file_.owners.rolled_back();
  file_.owners.committed();
  file_.identity = identity;
  for (const Change& change : changes) {
    if (change.is_removed) file_.cache.remove(*change.room);
  }
  const std::lock_guard lock(file_.cache.mutex());
  for (const Change& change : changes) {
    status_.trimmed.add(change.trimmed);
    if (change.room == nullptr || change.is_removed) continue;
    if (change.ends_tail) change.room->tail.clear();
    change.room->first = change.first;
    change.room->base = change.base;
  }
}

}  // namespace switchboard::broker
