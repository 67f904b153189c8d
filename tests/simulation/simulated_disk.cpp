#include "simulation/simulated_disk.h"

#include <algorithm>
#include <utility>

#include "broker/publication.h"

namespace switchboard::simulation {
namespace {

constexpr std::size_t kEpochCharacters = 8;
constexpr std::uint64_t kLostMax = 6;
constexpr std::uint64_t kDamagedMax = 20;

}  // namespace

SimulatedDisk::Room& SimulatedDisk::room(const std::string& room_id) {
  Room& room = rooms_[room_id];
  if (room.epoch.empty()) room.epoch = random_.token(kEpochCharacters);
  return room;
}

broker::StoreOpened SimulatedDisk::open(const broker::StoreOpen& open) {
  Room& opened = room(open.room_id);
  opened.durability = open.durability;
  if (std::exchange(opened.is_doubtful, false)) opened.epoch = random_.token(kEpochCharacters);
  return {.first = Seq{opened.first()}, .last = Seq{opened.last}, .epoch = opened.epoch};
}

broker::StoreCommitted SimulatedDisk::publish(const broker::StorePublish& publish, UnixMillis now) {
  Room& target = room(publish.room_id);
  target.durability = publish.durability;
  broker::StoreCommitted committed{
      .seq = {}, .first = Seq{target.first()}, .epoch = {}, .ts = now, .record = {}, .is_duplicate = false, .last = {}};
  const DedupKey key{publish.room_id, publish.sender, publish.dedup};
  if (!publish.dedup.empty()) {
    const auto found = dedups_.find(key);
    if (found != dedups_.end() && now - found->second.ts < dedup_window_ / std::chrono::milliseconds(1)) {
      // A number that may be somebody else's is not told under the old epoch.
      if (std::exchange(target.is_doubtful, false)) target.epoch = random_.token(kEpochCharacters);
      committed.seq = Seq{found->second.seq};
      committed.ts = found->second.ts;
      committed.epoch = target.epoch;
      committed.is_duplicate = true;
      committed.last = Seq{target.last};
      return committed;
    }
  }
  committed.seq = Seq{++target.last};
  broker::append_record(
      committed.record,
      {.seq = committed.seq, .ts = now, .content = publish.content, .sender = publish.sender, .to = publish.to});
  target.records.push_back(committed.record);
  target.bytes += committed.record.size();
  if (!publish.dedup.empty()) dedups_[key] = {.seq = target.last, .ts = now};
  // Trimming is done in the background: now or later.
  if (random_.below(3) != 0) trim(target, publish.retention);
  committed.first = Seq{target.first()};
  committed.epoch = target.epoch;
  return committed;
}

void SimulatedDisk::trim(Room& room, const room::Retention& retention) {
  while (!room.records.empty() && (room.records.size() > retention.messages || room.bytes > retention.bytes)) {
    room.bytes -= room.records.front().size();
    room.records.pop_front();
  }
}

broker::PageOrError SimulatedDisk::read(const broker::StoreRead& read) {
  auto page = std::make_shared<broker::Page>();
  const Room& room = this->room(read.room_id);
  if (room.is_doubtful) return std::unexpected(broker::Failure::kUnavailable);
  page->epoch = room.epoch;
  page->oldest = Seq{room.first()};
  page->newest = Seq{room.last};
  std::uint64_t from = std::max(read.range.from.value, room.first());
  std::uint64_t until = std::min(read.range.until.value, room.last + 1);
  if (from >= until) return page;
  // What is damaged is left out: a page begins behind it, or ends before it.
  const std::uint64_t end = until;
  if (read.range.newest) {
    while (until > from && room.is_damaged(until - 1))
      --until;
    if (room.damaged_until < until) from = std::max(from, room.damaged_until);
  } else {
    while (from < until && room.is_damaged(from))
      ++from;
    if (room.damaged_from > from) until = std::min(until, room.damaged_from);
  }
  if (from >= until) {
    page->gap_end = Seq{end};
    return page;
  }
  const auto record = [&](std::uint64_t seq) -> const std::string& { return room.records[seq - room.first()]; };
  const std::uint64_t count_max = std::max<std::uint64_t>(read.range.messages_max, 1);
  if (read.range.newest) {
    std::uint64_t at = until;
    std::uint64_t bytes = 0;
    while (at > from && until - at < count_max) {
      bytes += record(at - 1).size();
      if (bytes > read.range.bytes_max && at != until) break;
      --at;
    }
    from = at;
  }
  page->first = Seq{from};
  for (std::uint64_t seq = from; seq < until && page->size() < count_max; ++seq) {
    const bool is_full = !page->empty() && page->bytes.size() + record(seq).size() > read.range.bytes_max;
    if (is_full && !read.range.newest) break;
    page->bytes.append(record(seq));
    page->ends.push_back(static_cast<std::uint32_t>(page->bytes.size()));
  }
  return page;
}

void SimulatedDisk::lose_all() {
  rooms_.clear();
  dedups_.clear();
}

void SimulatedDisk::remember() {
  remembered_rooms_ = rooms_;
  remembered_dedups_ = dedups_;
}

void SimulatedDisk::restore(bool is_noticed) {
  if (remembered_rooms_.empty()) return;
  const std::map<std::string, Room> before = std::exchange(rooms_, remembered_rooms_);
  dedups_ = remembered_dedups_;
  for (auto& [room_id, room] : rooms_) {
    // That a room is in another epoch than the store has told since is seen at once.
    const auto told = before.find(room_id);
    const bool is_seen = is_noticed || (told != before.end() && told->second.epoch != room.epoch);
    room.is_doubtful = !is_seen;
    if (is_seen) room.epoch = random_.token(kEpochCharacters);
  }
}

void SimulatedDisk::damage() {
  for (auto& [room_id, room] : rooms_) {
    if (random_.below(2) != 0 || room.records.empty()) continue;
    room.damaged_from = room.first() + random_.below(room.records.size());
    room.damaged_until = room.damaged_from + 1 + random_.below(kDamagedMax);
  }
}

void SimulatedDisk::lose_tails() {
  for (auto& [room_id, room] : rooms_) {
    if (room.durability != room::Durability::kProcess) continue;
    for (std::uint64_t lost = random_.below(kLostMax); lost > 0 && !room.records.empty(); --lost) {
      room.bytes -= room.records.back().size();
      room.records.pop_back();
      --room.last;
    }
    room.epoch = random_.token(kEpochCharacters);
    std::erase_if(dedups_, [&](const auto& dedup) {
      return std::get<0>(dedup.first) == room_id && dedup.second.seq > room.last;
    });
  }
}

}  // namespace switchboard::simulation
