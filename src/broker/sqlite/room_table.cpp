#include "broker/sqlite/room_table.h"

#include "broker/sqlite/row_check.h"

namespace switchboard::broker {
namespace {

room::Retention retention_of(const Statement& row, int column) {
  return {.messages = static_cast<std::uint32_t>(row.integer(column)),
          .bytes = row.natural(column + 1),
          .seconds = static_cast<std::uint32_t>(row.integer(column + 2))};
}

BlockHead head_of(const Statement& row) {
  return {.id = row.integer(0),
          .room = row.integer(1),
          .first = Seq{row.natural(2)},
          .last = Seq{row.natural(3)},
          .newest_at = row.integer(4),
          .base = row.natural(5),
          .total = row.natural(6)};
}

std::optional<BlockHead> block_of(Statement& query) {
  if (!query.next()) return std::nullopt;
  const BlockHead block = head_of(query);
  query.reset();
  return block;
}

}  // namespace

std::int64_t check_of(const BlockHead& block, std::string_view ends, std::string_view records) {
  return row_check(block.room, block.first.value, block.last.value, block.newest_at, block.base, block.total, ends,
                   records);
}

RoomTable::RoomTable(Database& database, OwnerAccounts& owners)
    : database_(database),
      owners_(owners),
      find_(database,
            "SELECT id, epoch, generation, durability, last_seq, keep_messages, keep_bytes, keep_seconds, checksum,"
            " owner FROM rooms WHERE name = ?"),
      name_(database,
            "SELECT name FROM rooms WHERE id = ?"
            " AND id = (SELECT id FROM rooms AS indexed WHERE indexed.name = rooms.name)"),
      insert_(database,
              "INSERT INTO rooms(name, epoch, generation, durability, last_seq, emptied_ts, keep_messages, keep_bytes,"
              " keep_seconds, owner, checksum) VALUES(?, ?, ?, ?, 0, 0, ?, ?, ?, ?, 0)"),
      number_(database,
              "UPDATE rooms SET checksum = row_check(id, name, epoch, generation, durability, last_seq)"
              " WHERE id = ?"),
      update_(database,
              "UPDATE rooms SET epoch = ?1, generation = ?2, durability = ?3, keep_messages = ?4, keep_bytes = ?5,"
              " keep_seconds = ?6, checksum = row_check(id, name, ?1, ?2, ?3, last_seq) WHERE id = ?7"),
      repair_(database, "UPDATE rooms SET name = ?, last_seq = ? WHERE id = ?"),
      save_sealed_(database,
                   "UPDATE rooms SET last_seq = ?1, emptied_ts = 0,"
                   " checksum = row_check(id, name, epoch, generation, durability, ?1)"
                   " WHERE id = ?2 AND last_seq < ?1"),
      save_last_(database, "UPDATE rooms SET emptied_ts = ? WHERE id = ?"),
      remove_(database, "DELETE FROM rooms WHERE id = ? RETURNING owner"),
      after_(database,
             "SELECT id, name, emptied_ts, keep_messages, keep_bytes, keep_seconds, owner FROM rooms WHERE id > ?"
             " ORDER BY id LIMIT ?"),
      emptied_(database,
               "SELECT id, name, emptied_ts, keep_messages, keep_bytes, keep_seconds, owner FROM rooms"
               " WHERE emptied_ts > 0 AND (emptied_ts, id) > (?, ?) ORDER BY emptied_ts, id LIMIT ?"),
      add_block_(database,
                 "INSERT INTO blocks(room, first, last, newest_ts, base, total, owner, checksum, ends,"
                 " records) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      oldest_in_room_(database,
                      "SELECT id, room, first, last, newest_ts, base, total FROM blocks WHERE room = ?"
                      " ORDER BY first LIMIT 1"),
      newest_in_room_(database,
                      "SELECT id, room, first, last, newest_ts, base, total FROM blocks WHERE room = ?"
                      " ORDER BY first DESC LIMIT 1"),
      since_in_room_(
          database,
          "SELECT id, room, first, last, newest_ts, base, total FROM blocks WHERE room = ? AND newest_ts >= ?"
          " ORDER BY first LIMIT 1"),
      blocks_after_(database,
                    "SELECT id, room, first, last, newest_ts, base, total, owner FROM blocks WHERE id > ?"
                    " ORDER BY id LIMIT ?"),
      remove_block_(database, "DELETE FROM blocks WHERE id = ? RETURNING owner, total - base") {}

std::optional<RoomTable::Row> RoomTable::find(std::string_view name) {
  if (!find_.with(name).next()) return std::nullopt;
  Row result{.row = {.id = find_.integer(0),
                     .epoch = std::string(find_.bytes(1)),
                     .durability = find_.integer(3) != 0 ? room::Durability::kPower : room::Durability::kProcess,
                     .retention = retention_of(find_, 5),
                     .owner = static_cast<OwnerId>(find_.integer(9))},
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
            row.retention.seconds, row.owner)
      .run();
  row.id = database_.inserted_id();
  number_.with(row.id).run();
  owners_.add(row.owner, OwnerAccounts::kRoomCost);
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

void RoomTable::save_last(std::int64_t room, Seq last, StoreMillis now) {
  save_sealed(room, last);
  save_last_.with(now, room).run();
}

void RoomTable::remove(std::int64_t room) {
  if (remove_.with(room).next()) owners_.add(static_cast<OwnerId>(remove_.integer(0)), -OwnerAccounts::kRoomCost);
  remove_.reset();
}

std::vector<RoomTable::Visit> RoomTable::after(std::int64_t room, int count_max) {
  return visits_of(after_.with(room, count_max));
}

std::vector<RoomTable::Visit> RoomTable::emptied_after(StoreMillis emptied_at, std::int64_t room, int count_max) {
  return visits_of(emptied_.with(emptied_at, room, count_max));
}

std::vector<RoomTable::Visit> RoomTable::visits_of(Statement& query) {
  std::vector<Visit> visits;
  while (query.next()) {
    visits.push_back({.id = query.integer(0),
                      .name = std::string(query.bytes(1)),
                      .retention = retention_of(query, 3),
                      .emptied_at = query.integer(2),
                      .owner = static_cast<OwnerId>(query.integer(6))});
  }
  return visits;
}

void RoomTable::add_block(const BlockHead& block, std::string_view ends, std::string_view records) {
  add_block_
      .with(block.room, block.first.value, block.last.value, block.newest_at, block.base, block.total, block.owner,
            check_of(block, ends, records), Blob{ends}, Blob{records})
      .run();
  owners_.add(block.owner, static_cast<std::int64_t>(block.total - block.base) + OwnerAccounts::kBlockCost);
}

std::optional<BlockHead> RoomTable::oldest_block(std::int64_t room) {
  return block_of(oldest_in_room_.with(room));
}

std::optional<BlockHead> RoomTable::newest_block(std::int64_t room) {
  return block_of(newest_in_room_.with(room));
}

std::optional<BlockHead> RoomTable::first_block_since(std::int64_t room, StoreMillis at) {
  return block_of(since_in_room_.with(room, at));
}

std::vector<BlockHead> RoomTable::blocks_after(std::int64_t block, int count_max) {
  std::vector<BlockHead> blocks;
  blocks_after_.with(block, count_max);
  while (blocks_after_.next()) {
    blocks.push_back(head_of(blocks_after_));
    blocks.back().owner = static_cast<OwnerId>(blocks_after_.integer(7));
  }
  return blocks;
}

void RoomTable::remove_block(std::int64_t id) {
  if (remove_block_.with(id).next()) {
    owners_.add(static_cast<OwnerId>(remove_block_.integer(0)), -remove_block_.integer(1) - OwnerAccounts::kBlockCost);
  }
  remove_block_.reset();
}

}  // namespace switchboard::broker
