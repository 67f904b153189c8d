#include "broker/sqlite/room_table.h"

#include "broker/sqlite/row_check.h"

namespace switchboard::broker {
namespace {

room::Retention retention_of(const Statement& row, int column) {
  return {.messages = static_cast<std::uint32_t>(row.integer(column)),
          .bytes = row.natural(column + 1),
          .seconds = static_cast<std::uint32_t>(row.integer(column + 2))};
}

std::optional<BlockHead> block_of(Statement& query) {
  if (!query.next()) return std::nullopt;
  const BlockHead block{.id = query.integer(0),
                        .room = query.integer(1),
                        .first = Seq{query.natural(2)},
                        .last = Seq{query.natural(3)},
                        .newest_ts = query.integer(4),
                        .base = query.natural(5),
                        .total = query.natural(6)};
  query.reset();
  return block;
}

}  // namespace

std::int64_t check_of(const BlockHead& block, std::string_view ends, std::string_view frames) {
  return row_check(block.room, block.first.value, block.last.value, block.newest_ts, block.base, block.total, ends,
                   frames);
}

RoomTable::RoomTable(Database& database)
    : database_(database),
      find_(database,
            "SELECT id, epoch, generation, durability, last_seq, keep_messages, keep_bytes, keep_seconds, checksum"
            " FROM rooms WHERE name = ?"),
      name_(database,
            "SELECT name FROM rooms WHERE id = ?"
            " AND id = (SELECT id FROM rooms AS indexed WHERE indexed.name = rooms.name)"),
      insert_(database,
              "INSERT INTO rooms(name, epoch, generation, durability, last_seq, emptied_ts, keep_messages, keep_bytes,"
              " keep_seconds, checksum) VALUES(?, ?, ?, ?, 0, 0, ?, ?, ?, 0)"),
      number_(database,
              "UPDATE rooms SET checksum = row_check(id, name, epoch, generation, durability, last_seq)"
              " WHERE id = ?"),
      update_(database,
              "UPDATE rooms SET epoch = ?1, generation = ?2, durability = ?3, keep_messages = ?4, keep_bytes = ?5,"
              " keep_seconds = ?6, checksum = row_check(id, name, ?1, ?2, ?3, last_seq) WHERE id = ?7"),
      repair_(database, "UPDATE rooms SET name = ?, last_seq = ? WHERE id = ?"),
      save_sealed_(database,
                   "UPDATE rooms SET last_seq = ?1,"
                   " checksum = row_check(id, name, epoch, generation, durability, ?1)"
                   " WHERE id = ?2 AND last_seq < ?1"),
      save_last_(database, "UPDATE rooms SET emptied_ts = ? WHERE id = ?"),
      remove_(database, "DELETE FROM rooms WHERE id = ?"),
      after_(database,
             "SELECT id, name, emptied_ts, keep_messages, keep_bytes, keep_seconds FROM rooms WHERE id > ?"
             " ORDER BY id LIMIT ?"),
      add_block_(database,
                 "INSERT INTO blocks(room, first, last, newest_ts, base, total, checksum, ends, frames)"
                 " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      oldest_in_room_(database,
                      "SELECT id, room, first, last, newest_ts, base, total FROM blocks WHERE room = ?"
                      " ORDER BY first LIMIT 1"),
      newest_in_room_(database,
                      "SELECT id, room, first, last, newest_ts, base, total FROM blocks WHERE room = ?"
                      " ORDER BY first DESC LIMIT 1"),
      oldest_(database, "SELECT id, room, first, last, newest_ts, base, total FROM blocks ORDER BY id LIMIT 1"),
      remove_block_(database, "DELETE FROM blocks WHERE id = ?") {}

std::optional<RoomTable::Row> RoomTable::find(std::string_view name) {
  if (!find_.with(name).next()) return std::nullopt;
  Row result{.row = {.id = find_.integer(0),
                     .epoch = std::string(find_.bytes(1)),
                     .durability = find_.integer(3) != 0 ? room::Durability::kPower : room::Durability::kProcess,
                     .retention = retention_of(find_, 5)},
             .generation = find_.integer(2),
             .last_saved = Seq{find_.natural(4)}};
  result.is_damaged = find_.integer(8) != row_check(find_.integer(0), name, find_.bytes(1), find_.integer(2),
                                                    find_.integer(3), find_.integer(4));
  find_.reset();
  return result;
}

std::optional<std::string> RoomTable::name_of(std::int64_t room) {
  if (!name_.with(room).next()) return std::nullopt;
  std::string name(name_.bytes(0));
  name_.reset();
  return name;
}

void RoomTable::insert(std::string_view name, RoomRow& row, std::int64_t generation) {
  insert_
      .with(name, row.epoch, generation, static_cast<int>(row.durability), row.retention.messages, row.retention.bytes,
            row.retention.seconds)
      .run();
  row.id = database_.inserted_id();
  number_.with(row.id).run();
}

void RoomTable::update(const RoomRow& row, std::int64_t generation) {
  update_
      .with(row.epoch, generation, static_cast<int>(row.durability), row.retention.messages, row.retention.bytes,
            row.retention.seconds, row.id)
      .run();
}

void RoomTable::repair(std::int64_t room, std::string_view name, Seq last_saved) {
  repair_.with(name, last_saved.value, room).run();
}

void RoomTable::save_sealed(std::int64_t room, Seq last) {
  save_sealed_.with(last.value, room).run();
}

void RoomTable::save_last(std::int64_t room, Seq last, UnixMillis now) {
  save_sealed(room, last);
  save_last_.with(now, room).run();
}

void RoomTable::remove(std::int64_t room) {
  remove_.with(room).run();
}

std::vector<RoomTable::Visit> RoomTable::after(std::int64_t room, int count_max) {
  std::vector<Visit> visits;
  after_.with(room, count_max);
  while (after_.next()) {
    visits.push_back({.id = after_.integer(0),
                      .name = std::string(after_.bytes(1)),
                      .retention = retention_of(after_, 3),
                      .emptied_ts = after_.integer(2)});
  }
  return visits;
}

void RoomTable::add_block(const BlockHead& block, std::string_view ends, std::string_view frames) {
  add_block_
      .with(block.room, block.first.value, block.last.value, block.newest_ts, block.base, block.total,
            check_of(block, ends, frames), Blob{ends}, Blob{frames})
      .run();
}

std::optional<BlockHead> RoomTable::oldest_block(std::int64_t room) {
  return block_of(oldest_in_room_.with(room));
}

std::optional<BlockHead> RoomTable::newest_block(std::int64_t room) {
  return block_of(newest_in_room_.with(room));
}

std::optional<BlockHead> RoomTable::oldest_block() {
  return block_of(oldest_);
}

void RoomTable::remove_block(std::int64_t id) {
  remove_block_.with(id).run();
}

}  // namespace switchboard::broker
