// A room's newest messages, those that are not in a block yet: whole records one behind the other, as a block will have
// them. Knows nothing of databases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/sqlite/age_clock.h"

namespace switchboard::broker {

class Tail {
 public:
  void append(std::string_view record, StoreMillis at);
  /// Gives up the oldest `count` messages, at most all.
  void drop_front(std::size_t count);
  void clear();

  bool empty() const { return size() == 0; }
  std::size_t size() const { return ends_.size() - dropped_; }
  std::size_t bytes() const { return records_.size() - begin_of(dropped_); }

  /// `index` counts from the oldest that is still here.
  std::string_view record(std::size_t index) const;
  StoreMillis at(std::size_t index) const { return times_[dropped_ + index]; }
  /// Records [from, until) one behind the other, and where each ends in that.
  std::string_view records(std::size_t from, std::size_t until) const;
  std::vector<std::uint32_t> ends(std::size_t from, std::size_t until) const;
  /// How many of the oldest are from before that time.
  std::size_t before(StoreMillis at) const;

 private:
  std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends_[index - 1]; }
  void compact();

  std::string records_;
  std::vector<std::uint32_t> ends_;
  std::vector<StoreMillis> times_;
  std::size_t dropped_ = 0;  // messages at the front that are given up, but whose bytes are still there
};

}  // namespace switchboard::broker
