// One room's history in memory: its last messages as records, numbered without holes, oldest first, in
// blocks that are freed whole. What is to be kept it is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/seq.h"
#include "base/time.h"
#include "broker/page.h"
#include "broker/publication.h"
#include "room/settings.h"

namespace switchboard::broker {

class KeptMessages {
 public:
  /// Empty; `next` is the number of the first message that will be appended.
  explicit KeptMessages(Seq next) : first_(next), end_(next) {}

  /// Message number `end()`, committed at `now`. Amortised O(1). Age is measured by the clock that only
  /// goes forwards: what the wall says may be wrong.
  void append(const Publication& publication, Instant now);
  /// Gives up what exceeds the retention at that time. O(messages given up).
  void trim(const room::Retention& retention, Instant now);
  /// Gives up the oldest block, up to 256 messages. Not when empty.
  void drop_oldest();

  Seq first() const { return first_; }
  Seq end() const { return end_; }
  bool empty() const { return first_ == end_; }
  /// When the newest one was committed; only when not empty.
  Instant newest_at() const { return blocks_.back().stamps.back(); }
  /// When one of [first, end) was committed.
  Instant committed_at(Seq seq) const;
  /// Memory it takes, itself and the allocator's share included.
  std::size_t bytes() const;

  /// Fills the page's messages with those of the range.
  void read(const ReadRange& range, Page& page) const;

 private:
  struct Block {
    Seq first;
    std::string records;
    std::vector<std::uint32_t> ends;  // where each record ends
    std::vector<Instant> stamps;

    std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends[index - 1]; }
    std::size_t size_of(std::size_t index) const { return ends[index] - begin_of(index); }
    std::size_t memory() const;
  };

  void drop_first();
  void drop_front_block();
  /// Which block holds that message (one of [first, end)).
  std::size_t block_of(Seq seq) const;
  std::size_t size_of(Seq seq) const;

  // Those before `front_` are given up: a room with few messages should not pay for a deque.
  std::vector<Block> blocks_;
  std::size_t front_ = 0;
  Seq first_;
  Seq end_;
  std::uint64_t record_bytes_ = 0;  // of the records of [first, end)
  std::size_t block_bytes_ = 0;
};

}  // namespace switchboard::broker
