// The messages of one row of the table `blocks`, once it is known that they are what was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "broker/sqlite/database.h"
#include "broker/sqlite/room_table.h"

namespace switchboard::broker {

/// What a block has in its column `ends`: where each record ends, and how many milliseconds before the last one each
/// was committed. `ages` may be left out: then all are as old as the last.
std::string block_ends(std::span<const std::uint32_t> ends, std::span<const std::uint32_t> ages);

/// Columns 0 to 5 of a row: room, first, last, newest_ts, base, total.
BlockHead block_head(const Statement& row);

class BlockRecords {
 public:
  /// Columns 6 to 8 of the same row: checksum, ends, records. Valid as long as the row is.
  BlockRecords(const BlockHead& head, const Statement& row);

  bool is_whole() const { return is_whole_; }
  // Of one that is whole.
  std::size_t size() const { return count_; }
  /// When that one was committed.
  StoreMillis at(std::size_t index) const;
  std::string_view record(std::size_t index) const {
    return records_.substr(begin_of(index), end_of(index) - begin_of(index));
  }
  std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : end_of(index - 1); }
  std::size_t end_of(std::size_t index) const { return number_at(index); }
  /// That one and all behind it.
  std::string_view records_from(std::size_t index) const { return records_.substr(begin_of(index)); }

 private:
  std::uint32_t number_at(std::size_t index) const {
    std::uint32_t number = 0;
    std::memcpy(&number, ends_.data() + index * sizeof(number), sizeof(number));
    return number;
  }
  bool has_shape(const BlockHead& head) const;

  std::string_view ends_;
  std::size_t count_;
  bool has_ages_;
  StoreMillis newest_at_;
  std::string_view records_;
  bool is_whole_;
};

}  // namespace switchboard::broker
