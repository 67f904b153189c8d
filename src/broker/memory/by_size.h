// Finds one of the largest of many things whose sizes change all the time, in O(1): they stand in classes by the power
// of two below their size, so what it finds is more than half as large as the largest.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace switchboard::broker {

/// To be embedded in what is sized. Does not move while it is counted.
struct Sized {
  std::size_t bytes = 0;  // as it was last counted; 0: stands nowhere
  std::uint32_t place = 0;
};

class BySize {
 public:
  /// It takes so many bytes now; 0 takes it out. Before it goes it must be counted with 0.
  void count(Sized& thing, std::size_t bytes) {
    total_ += bytes - thing.bytes;
    const auto before = static_cast<std::size_t>(std::bit_width(thing.bytes));
    const auto after = static_cast<std::size_t>(std::bit_width(bytes));
    if (before != after) {
      if (before != 0) take_out(thing, classes_[before]);
      if (after != 0) put_in(thing, classes_[after]);
    }
    thing.bytes = bytes;
  }

  /// One of the largest; null when there is none.
  Sized* one_of_the_largest() {
    for (std::size_t width = classes_.size(); width-- > 1;) {
      if (!classes_[width].empty()) return classes_[width].back();
    }
    return nullptr;
  }

  std::size_t total() const { return total_; }

 private:
  static void take_out(Sized& thing, std::vector<Sized*>& from) {
    from.back()->place = thing.place;
    from[thing.place] = from.back();
    from.pop_back();
  }
  static void put_in(Sized& thing, std::vector<Sized*>& into) {
    thing.place = static_cast<std::uint32_t>(into.size());
    into.push_back(&thing);
  }

  std::array<std::vector<Sized*>, 65> classes_;  // by std::bit_width
  std::size_t total_ = 0;
};

}  // namespace switchboard::broker
