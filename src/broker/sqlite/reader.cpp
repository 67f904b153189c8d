#include "broker/sqlite/reader.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "broker/sqlite/block_records.h"
#include "broker/sqlite/lost_mapping.h"
#include "broker/sqlite/page_builder.h"
#include "broker/sqlite/room_cache.h"

namespace switchboard::broker {
namespace {

constexpr int kBusyMs = 250;
constexpr Duration kReopenPause = std::chrono::seconds(1);
constexpr std::size_t kToldMax = 1'024;

}  // namespace

struct Reader::Connection {
  explicit Connection(const std::string& file)
      : is_open(database.open(file, Database::Access::kRead, kBusyMs)),
        room(database,
             "SELECT id, epoch, last_seq, keep_seconds FROM rooms WHERE name = ?"
             " AND checksum = row_check(id, name, epoch, generation, durability, last_seq)"),
        unknown_epoch(database, "SELECT value FROM meta WHERE key = 'unknown_epoch'"),
        oldest(database, "SELECT first FROM blocks WHERE room = ? ORDER BY first LIMIT 1"),
        newest(database, "SELECT last FROM blocks WHERE room = ? ORDER BY first DESC LIMIT 1"),
        forwards(
            database,
            "SELECT room, first, last, newest_ts, base, total, checksum, ends, records FROM blocks WHERE room = ?1 "
            "AND first < ?3 AND first >= coalesce("
            "(SELECT max(first) FROM blocks WHERE room = ?1 AND first <= ?2), 0) ORDER BY first"),
        backwards(database,
                  "SELECT room, first, last, newest_ts, base, total, checksum, ends, records FROM blocks"
                  " WHERE room = ?1 AND first < ?2 ORDER BY first DESC") {}

  Database database;
  bool is_open;
  Statement room;
  Statement unknown_epoch;
  Statement oldest;
  Statement newest;
  Statement forwards;
  Statement backwards;
};

Reader::Reader(const SqliteSettings& settings, const RoomCache& rooms, OpenedFile& opened, const AgeClock& ages,
               const Clock& clock, StoreStatus& status)
    : settings_(settings), rooms_(rooms), opened_(opened), ages_(ages), clock_(clock), status_(status) {}

Reader::~Reader() {
  let_go();
}

PageOrError Reader::read(const StoreRead& request) {
  if (!ensure_open()) return std::unexpected(Failure::kUnavailable);
  View view = look(request);
  // One snapshot for all that is read of the file.
  if (!view.is_in_memory) {
    connection_->database.begin();
    look_in_file(request.room_id, view);
  }
  PageBuilder page(request.range);
  if (request.range.newest) {
    add_tail(view, request.range, page);
    if (!page.is_full()) add_blocks(request, view, page);
  } else {
    add_blocks(request, view, page);
    if (!page.is_full()) add_tail(view, request.range, page);
  }
  if (!view.is_in_memory) connection_->database.run("COMMIT");
  if (lost_mappings() != lost_mappings_) {
    let_go();
    return std::unexpected(Failure::kUnavailable);
  }
  if (connection_->database.has_failed()) {
    const DatabaseError error = connection_->database.take_error();
    connection_->database.rollback();
    if (error.fault == DatabaseFault::kCorrupt) return read_around(request, view);
    let_go();
    return std::unexpected(Failure::kUnavailable);
  }
  Page read = page.take(std::move(view.epoch), view.oldest, view.newest);
  if (!read.empty()) read.fresh_until = clock_.now() + std::chrono::milliseconds(page.oldest_at() - view.oldest_at);
  if (read.empty() && view.is_damaged) read.gap_end = std::min(request.range.until, view.newest.next());
  return std::make_shared<const Page>(std::move(read));
}

/// What leads to the room's blocks is damaged, and will be the next time: only what is in memory can be read.
PageOrError Reader::read_around(const StoreRead& request, View& view) {
  if (!view.is_in_memory) return std::unexpected(Failure::kUnreadable);
  const Seq end = std::min(request.range.until, view.blocks_end);
  note_damage(request.room_id, {.room = view.room, .first = request.range.from, .last = Seq{end.value - 1}});
  PageBuilder page(request.range);
  add_tail(view, request.range, page);
  Page read = page.take(std::move(view.epoch), view.oldest, view.newest);
  if (read.empty()) read.gap_end = end;
  return std::make_shared<const Page>(std::move(read));
}

void Reader::follow() {
  if (must_follow()) let_go();
}

void Reader::let_go() {
  if (connection_ == nullptr) return;
  connection_.reset();
  opened_.leave();
}

bool Reader::ensure_open() {
  follow();
  if (connection_ != nullptr) return true;
  const Instant now = clock_.now();
  if (opened_.number() == opened_as_ && now < next_open_) return false;
  const std::uint32_t number = opened_.enter();
  if (number == 0) return false;
  opened_as_ = number;
  next_open_ = now + kReopenPause;
  lost_mappings_ = lost_mappings();
  connection_ = std::make_unique<Connection>(settings_.file);
  if (!connection_->is_open || connection_->database.has_failed()) let_go();
  return connection_ != nullptr;
}

Reader::View Reader::look(const StoreRead& request) const {
  View view;
  const std::lock_guard lock(rooms_.mutex());
  const StoredRoom* room = rooms_.look(request.room_id);
  if (room == nullptr || !room->is_committed) return view;
  view.is_in_memory = true;
  view.room = room->row.id;
  view.epoch = room->row.epoch;
  view.oldest = room->first;
  view.newest = room->last;
  view.oldest_at = oldest_at(room->row.retention.seconds);
  view.blocks_end = room->tail_first();
  const ReadRange& range = request.range;
  const std::size_t too_old = room->tail.before(view.oldest_at);
  if (too_old > 0) view.oldest = room->tail_first().plus(too_old);
  const Seq begin = std::max(range.from, room->tail_first().plus(too_old));
  const Seq end = std::min(range.until, room->last.next());
  if (begin >= end) return view;
  // At most what a page takes, from the end that is read first.
  const Tail& tail = room->tail;
  const std::size_t from = distance(room->tail_first(), begin);
  const std::size_t until = distance(room->tail_first(), end);
  std::size_t first = from;
  std::size_t last = until;
  std::size_t bytes = 0;
  const std::uint64_t count_max = std::max(range.messages_max, 1u);
  if (range.newest) {
    for (first = until; first > from && until - first < count_max && bytes < range.bytes_max; --first)
      bytes += tail.record(first - 1).size();
  } else {
    for (last = from; last < until && last - from < count_max && bytes < range.bytes_max; ++last)
      bytes += tail.record(last).size();
  }
  view.tail_first = room->tail_first().plus(first);
  view.tail.reserve(bytes);
  for (std::size_t i = first; i < last; ++i) {
    view.tail.append(tail.record(i));
    view.tail_ends.push_back(static_cast<std::uint32_t>(view.tail.size()));
    view.tail_times.push_back(tail.at(i));
  }
  return view;
}

void Reader::look_in_file(std::string_view room, View& view) {
  if (connection_->room.with(room).next()) {
    view.room = connection_->room.integer(0);
    view.epoch = std::string(connection_->room.bytes(1));
    view.newest = Seq{connection_->room.natural(2)};
    view.oldest_at = oldest_at(static_cast<std::uint32_t>(connection_->room.integer(3)));
    connection_->room.reset();
  } else if (connection_->unknown_epoch.with().next()) {
    view.epoch = std::string(connection_->unknown_epoch.bytes(0));
    connection_->unknown_epoch.reset();
  }
  view.oldest = view.newest.next();
  if (connection_->newest.with(view.room).next()) {
    view.newest = std::max(view.newest, Seq{connection_->newest.natural(0)});
    connection_->newest.reset();
  }
  if (connection_->oldest.with(view.room).next()) {
    view.oldest = Seq{connection_->oldest.natural(0)};
    connection_->oldest.reset();
  }
  view.blocks_end = view.newest.next();
}

/// In the order in which the page grows.
void Reader::add_tail(const View& view, const ReadRange& range, PageBuilder& page) const {
  const std::string_view records = view.tail;
  const std::size_t count = view.tail_ends.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = range.newest ? count - 1 - i : i;
    const std::size_t begin = index == 0 ? 0 : view.tail_ends[index - 1];
    const Seq seq = view.tail_first.plus(index);
    if (!page.add(seq, records.substr(begin, view.tail_ends[index] - begin), view.tail_times[index])) return;
  }
}

StoreMillis Reader::oldest_at(std::uint32_t keep_seconds) const {
  return ages_.at(clock_.now()) - 1'000 * static_cast<StoreMillis>(keep_seconds);
}

/// Nobody is given it any more, even where it has not been trimmed yet: the room begins behind it.
bool Reader::is_too_old(View& view, Seq seq, StoreMillis at) {
  if (at >= view.oldest_at) return false;
  view.oldest = std::max(view.oldest, seq.next());
  return true;
}

void Reader::add_blocks(const StoreRead& request, View& view, PageBuilder& page) {
  const ReadRange& range = request.range;
  const Seq begin = std::max(range.from, view.oldest);
  const Seq end = std::min(range.until, view.blocks_end);
  if (view.room == 0 || begin >= end) return;
  Statement& query = range.newest ? connection_->backwards.with(view.room, end.value)
                                  : connection_->forwards.with(view.room, begin.value, end.value);
  Seq oldest_seen = end;
  while (!page.is_full() && query.next()) {
    if (range.newest && view.oldest > begin) break;  // what comes before is too old, too
    const BlockHead head = block_head(query);
    if (head.last < begin) {
      if (range.newest) break;
      continue;  // behind it messages are missing
    }
    if (is_too_old(view, head.last, head.newest_at)) continue;
    oldest_seen = std::min(oldest_seen, std::max(head.first, begin));
    const BlockRecords block(head, query);
    if (!block.is_whole()) {
      note_damage(request.room_id, head);
      view.is_damaged = true;
      if (page.is_empty()) continue;  // the page begins behind it, or ends before it
      break;
    }
    const std::size_t from = distance(head.first, begin);
    const std::size_t until = std::min<std::size_t>(block.size(), distance(head.first, end));
    // Of a block the first was committed first: behind one that is young enough all are. (After the machine was started
    // anew the store's clock may stand some seconds before what it said last; none of them is older for it.)
    if (!range.newest && from < until && block.at(from) >= view.oldest_at) {
      const auto end_of = [&, begin_of_run = block.begin_of(from)](std::size_t i) {
        return block.end_of(from + i) - begin_of_run;
      };
      page.add_run(head.first.plus(from), block.records_from(from), until - from, end_of, block.at(from));
      continue;
    }
    for (std::size_t i = from; i < until; ++i) {
      const std::size_t index = range.newest ? until - 1 - (i - from) : i;
      const Seq seq = head.first.plus(index);
      const StoreMillis at = block.at(index);
      if (is_too_old(view, seq, at)) {
        if (range.newest) break;
        continue;
      }
      if (!page.add(seq, block.record(index), at)) break;
    }
  }
  query.reset();
  // What was trimmed since the room was looked up.
  if (!range.newest && oldest_seen > begin) view.oldest = std::max(view.oldest, oldest_seen);
}

void Reader::note_damage(const std::string& room, const BlockHead& block) {
  if (told_.size() >= kToldMax) told_.clear();
  if (!told_.emplace(block.room, block.first.value).second) return;
  status_.damaged.add();
  status_.notice(settings_.file + " is damaged: messages " + std::to_string(block.first.value) + " to " +
                 std::to_string(block.last.value) + " of the room `" + room + "` cannot be read, and are left out");
}

}  // namespace switchboard::broker
