// The views by how much their logs hold, so that about the largest is found without looking at all of them: the bound
// on all logs together is reached with a million rooms as well as with ten. Knows ids and sizes only.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "base/slot_table.h"

namespace switchboard::shard {

/// A view's place in it; kept by the view.
struct LogSizePlace {
  std::uint32_t index = 0;
  std::uint8_t size_class = 0;  // 0: it has none
};

class LogSizes {
 public:
  /// The log of that view holds so many bytes. O(1). `place_of(SlotId)` gives the LogSizePlace& of any view that stands
  /// here. A log that has become smaller may be left where it is: see `largest`.
  template <class PlaceOf>
  void put(SlotId view, std::uint64_t bytes, PlaceOf&& place_of) {
    const auto size_class = static_cast<std::uint8_t>(std::bit_width(bytes));
    LogSizePlace& place = place_of(view);
    if (place.size_class == size_class) return;
    remove(place, place_of);
    if (size_class == 0) return;
    std::vector<SlotId>& line = by_class_[size_class];
    place = {.index = static_cast<std::uint32_t>(line.size()), .size_class = size_class};
    line.push_back(view);
    occupied_ |= std::uint64_t{1} << (size_class - 1);
  }

  /// It stands here no more. Harmless when it did not. O(1).
  template <class PlaceOf>
  void remove(LogSizePlace& place, PlaceOf&& place_of) {
    if (place.size_class == 0) return;
    std::vector<SlotId>& line = by_class_[place.size_class];
    SB_ASSERT(place.index < line.size());
    if (place.index + 1 != line.size()) {
      line[place.index] = line.back();
      LogSizePlace& moved = place_of(line.back());
      SB_ASSERT(moved.size_class == place.size_class && moved.index + 1 == line.size());
      moved.index = place.index;
    }
    line.pop_back();
    if (line.empty()) {
      line.shrink_to_fit();
      occupied_ &= ~(std::uint64_t{1} << (place.size_class - 1));
    }
    place = {};
  }

  /// One of those with the most bytes when they were put here, within a factor of two; SlotId{} when there is none. Its
  /// log may hold less by now: whoever asks puts it where it belongs and asks again. Not `except`. O(1).
  SlotId largest(SlotId except) const {
    for (std::uint64_t classes = occupied_; classes != 0;) {
      const auto top = static_cast<std::size_t>(std::bit_width(classes));
      const std::vector<SlotId>& line = by_class_[top];
      if (line.back() != except) return line.back();
      if (line.size() > 1) return line[line.size() - 2];
      classes &= ~(std::uint64_t{1} << (top - 1));
    }
    return {};
  }

 private:
  std::array<std::vector<SlotId>, 65> by_class_;  // by the number of binary digits of the size
  std::uint64_t occupied_ = 0;                    // a bit for each class that has somebody, from class 1 on
};

}  // namespace switchboard::shard
