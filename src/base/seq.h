// A message's number within one epoch of its room: 1, 2, 3, ... without holes. 0 stands before the first.
#pragma once

#include <compare>
#include <cstdint>

namespace switchboard {

struct Seq {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(Seq, Seq) = default;
  constexpr Seq next() const { return Seq{value + 1}; }
  constexpr Seq plus(std::uint64_t n) const { return Seq{value + n}; }
};

/// How many numbers lie in [from, to); 0 when to <= from.
constexpr std::uint64_t distance(Seq from, Seq to) {
  return to.value > from.value ? to.value - from.value : 0;
}

}  // namespace switchboard
