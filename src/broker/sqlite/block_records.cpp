#include "broker/sqlite/block_records.h"

#include "broker/publication.h"

namespace switchboard::broker {
BlockHead block_head(const Statement& row) {
  return {.room = row.integer(0),
          .first = Seq{row.natural(1)},
          .last = Seq{row.natural(2)},
          .newest_at = row.integer(3),
          .base = row.natural(4),
          .total = row.natural(5)};
}

std::string block_ends(std::span<const std::uint32_t> ends, std::span<const std::uint32_t> ages) {
  std::string bytes(reinterpret_cast<const char*>(ends.data()), ends.size_bytes());
  return bytes.append(reinterpret_cast<const char*>(ages.data()), ages.size_bytes());
}

BlockRecords::BlockRecords(const BlockHead& head, const Statement& row)
    : ends_(row.bytes(7)),
      count_(distance(head.first, head.last.next())),
      has_ages_(ends_.size() == 2 * count_ * sizeof(std::uint32_t)),
      newest_at_(head.newest_at),
      records_(row.bytes(8)) {
  is_whole_ = row.integer(6) == check_of(head, ends_, records_) && has_shape(head);
}

StoreMillis BlockRecords::at(std::size_t index) const {
  return has_ages_ ? newest_at_ - number_at(count_ + index) : newest_at_;
}

/// As many records as the block says it has, and nothing else. (Its checksum would not say so of a block that was
/// written wrongly.)
bool BlockRecords::has_shape(const BlockHead& head) const {
  if (head.last < head.first) return false;
  const std::uint64_t numbers = ends_.size() / sizeof(std::uint32_t);
  if (ends_.size() % sizeof(std::uint32_t) != 0 || (numbers != count_ && numbers != 2 * count_)) return false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t end = end_of(i);
    if (end < begin || end > records_.size()) return false;
    if (!read_record(records_.substr(begin, end - begin), head.first.plus(i))) return false;
    begin = end;
  }
  return begin == records_.size();
}

}  // namespace switchboard::broker
