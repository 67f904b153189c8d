// A line of ids that wait for their turn: first in, first out. Its memory is kept, so that once it has been as long as
// it gets, standing in line allocates nothing (a deque would, once per 64 ids that pass).
#pragma once

#include <cstddef>
#include <vector>

#include "base/assert.h"
#include "base/slot_table.h"

namespace switchboard::shard {

class Line {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// Not when empty.
  SlotId front() const { return ring_[first_]; }

  void push_back(SlotId id) {
    if (size_ == ring_.size()) grow();
    ring_[(first_ + size_++) & (ring_.size() - 1)] = id;
  }
  void pop_front() {
    SB_ASSERT(size_ > 0);
    first_ = (first_ + 1) & (ring_.size() - 1);
    --size_;
  }

 private:
  void grow() {
    std::vector<SlotId> larger(ring_.empty() ? 16 : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; ++i)
      larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_.swap(larger);
    first_ = 0;
  }

  std::vector<SlotId> ring_;  // as many as a power of two
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace switchboard::shard
