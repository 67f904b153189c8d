// Says what is to go when the file is full. Whoever fills it pays first: of the owners who have most (those that
// together have a quarter of everything) rooms without messages, and then blocks, the oldest first. Two cursors go
// round over both in the order of age; what belongs to others is passed by. It looks at a bounded number of rows
// at a time, of which, over a round, a fair part is to go. It changes nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/sqlite/room_table.h"
#include "broker/sqlite/store_file.h"

namespace switchboard::broker {

class Evictor {
 public:
  explicit Evictor(StoreFile& file) : file_(file) {}

  struct Victims {
    std::vector<RoomTable::Visit> rooms;  // without messages
    std::vector<BlockHead> blocks;
  };
  /// In the transaction that removes them. Blocks of `bytes` together, about.
  Victims next(std::uint64_t bytes);
  /// A whole round over everything has found nothing.
  bool is_fruitless() const { return rounds_[0] >= kRounds && rounds_[1] >= kRounds; }
  void begin_anew() { rounds_[0] = rounds_[1] = 0; }

 private:
  // The first of them may have begun in the midst of the table.
  static constexpr int kRounds = 2;

  bool is_empty(const RoomTable::Visit& visit);
  void find_rooms(std::int64_t payers_have, Victims& victims);
  void find_blocks(std::int64_t payers_have, std::uint64_t bytes, Victims& victims);

  StoreFile& file_;
  // Where the cursors are.
  StoreMillis emptied_at_ = 0;
  std::int64_t room_ = 0;
  std::int64_t block_ = 0;
  int rounds_[2] = {0, 0};  // of each, since something was found
};

}  // namespace switchboard::broker
