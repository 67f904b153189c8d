// The tables `rooms` and `blocks`: their rows as values. What they mean together is the writer's and the upkeep's
// business. All functions belong in a transaction; failures stay with the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/seq.h"
#include "base/time.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/owner_accounts.h"
#include "broker/sqlite/stored_room.h"
#include "room/settings.h"

namespace switchboard::broker {

/// A stretch of a room's messages in one row, without its records.
struct BlockHead {
  std::int64_t id = 0;
  std::int64_t room = 0;
  Seq first{};
  Seq last{};
  StoreMillis newest_at = 0;
  std::uint64_t base = 0;
  std::uint64_t total = 0;
  OwnerId owner = 0;  // only of those that `blocks_after` returns, and for `add_block`
};

/// What is stored with a block: over all it says, and where it belongs.
std::int64_t check_of(const BlockHead& block, std::string_view ends, std::string_view records);

class RoomTable {
 public:
  /// `owners` is kept up to date.
  RoomTable(Database& database, OwnerAccounts& owners);

  struct Row {
    RoomRow row;
    std::int64_t generation = 0;
    Seq last_saved;           // numbers up to it have left the journal: their messages are in blocks, or trimmed
    bool is_damaged = false;  // its checksum is another one: only the id may be used, and what may be of any value
  };
  std::optional<Row> find(std::string_view name);
  /// None, too, when the name does not lead back to the room: it may be damaged, and then be another room's.
  std::optional<std::string> name_of(std::int64_t room);
  /// Gives `row` its id.
  void insert(std::string_view name, RoomRow& row, std::int64_t generation);
  void update(const RoomRow& row, std::int64_t generation);
  /// Of a damaged row, before it is updated: what it cannot be believed about.
  void repair(std::int64_t room, std::string_view name, Seq last_saved);

  /// Messages up to `last` leave the journal: from here on the row says how far the room's numbers went, whatever
  /// becomes of its blocks.
  void save_sealed(std::int64_t room, Seq last);
  /// The same, and nothing of the room is kept any more.
  void save_last(std::int64_t room, Seq last, StoreMillis now);
  void remove(std::int64_t room);

  struct Visit {
    std::int64_t id = 0;
    std::string name;
    room::Retention retention;
    StoreMillis emptied_at = 0;  // when save_last was called; 0: there are blocks, or were none
    OwnerId owner = 0;
  };
  /// The next rooms by id after `room`.
  std::vector<Visit> after(std::int64_t room, int count_max);
  /// Those without blocks, by when they were emptied, after that one. They may have messages that are not in blocks.
  std::vector<Visit> emptied_after(StoreMillis emptied_at, std::int64_t room, int count_max);

  /// `block.id` is given out here. `ends`: where each record ends in `records`, 32 bits each.
  void add_block(const BlockHead& block, std::string_view ends, std::string_view records);
  std::optional<BlockHead> oldest_block(std::int64_t room);
  std::optional<BlockHead> newest_block(std::int64_t room);
  /// The first block of the room that has a message of that time or a later one, with what is before it.
  std::optional<BlockHead> first_block_since(std::int64_t room, StoreMillis at);
  /// The next blocks of all rooms by id after `block`: the oldest first.
  std::vector<BlockHead> blocks_after(std::int64_t block, int count_max);
  void remove_block(std::int64_t id);

 private:
  static std::vector<Visit> visits_of(Statement& query);

  Database& database_;
  OwnerAccounts& owners_;
  Statement find_;
  Statement name_;
  Statement insert_;
  Statement number_;
  Statement update_;
  Statement repair_;
  Statement save_sealed_;
  Statement save_last_;
  Statement remove_;
  Statement after_;
  Statement emptied_;
  Statement add_block_;
  Statement oldest_in_room_;
  Statement newest_in_room_;
  Statement since_in_room_;
  Statement blocks_after_;
  Statement remove_block_;
};

}  // namespace switchboard::broker
