// The tables `rooms` and `blocks`: their rows as values. What they mean together is the writer's and the upkeep's
// business. All functions belong in a transaction; failures stay with the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/stored_room.h"
#include "protocol/seq.h"
#include "room/settings.h"

namespace switchboard::broker {

/// A stretch of a room's messages in one row, without its frames.
struct BlockHead {
  std::int64_t id = 0;
  std::int64_t room = 0;
  Seq first{};
  Seq last{};
  UnixMillis newest_ts = 0;
  std::uint64_t base = 0;
  std::uint64_t total = 0;
};

class RoomTable {
 public:
  explicit RoomTable(Database& database);

  struct Row {
    RoomRow row;
    std::int64_t generation = 0;
    Seq last_trimmed;  // the newest number, if its message was trimmed
  };
  std::optional<Row> find(std::string_view name);
  std::optional<std::string> name_of(std::int64_t room);
  /// Gives `row` its id.
  void insert(std::string_view name, RoomRow& row, std::int64_t generation);
  void update(const RoomRow& row, std::int64_t generation);

  /// Nothing of the room is kept any more: from here on its row says where its numbers stand.
  void save_last(std::int64_t room, Seq last, UnixMillis now);
  void remove(std::int64_t room);

  struct Visit {
    std::int64_t id = 0;
    std::string name;
    room::Retention retention;
    UnixMillis emptied_ts = 0;  // when save_last was called; 0: never
  };
  /// The next rooms by id after `room`.
  std::vector<Visit> after(std::int64_t room, int count_max);

  /// `block.id` is given out here. `ends`: where each frame ends in `frames`, 32 bits each.
  void add_block(const BlockHead& block, std::string_view ends, std::string_view frames);
  std::optional<BlockHead> oldest_block(std::int64_t room);
  std::optional<BlockHead> newest_block(std::int64_t room);
  std::optional<BlockHead> oldest_block();  // of all rooms
  void remove_block(std::int64_t id);

 private:
  Database& database_;
  Statement find_;
  Statement name_;
  Statement insert_;
  Statement update_;
  Statement save_last_;
  Statement remove_;
  Statement after_;
  Statement add_block_;
  Statement oldest_in_room_;
  Statement newest_in_room_;
  Statement oldest_;
  Statement remove_block_;
};

}  // namespace switchboard::broker
