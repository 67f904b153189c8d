// What a user may do in a room: a small set of rights. Where it comes from (a token, the configuration) is not known
// here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace switchboard::room {

enum class Right : std::uint8_t {
  kJoin,
  kPublish,
  kHistory,
  kPresence,
  kStream,  // to open messages that grow: no command asks for it yet
};

inline constexpr std::size_t kRights = static_cast<std::size_t>(Right::kStream) + 1;

/// As tokens and the configuration spell them, in the order of the enumeration.
inline constexpr std::array<std::string_view, kRights> kRightNames = {"join", "publish", "history", "presence",
                                                                      "stream"};

constexpr std::string_view name(Right right) {
  return kRightNames[static_cast<std::size_t>(right)];
}

constexpr std::optional<Right> right_of(std::string_view name) {
  for (std::size_t i = 0; i < kRights; ++i) {
    if (kRightNames[i] == name) return static_cast<Right>(i);
  }
  return std::nullopt;
}

/// One byte.
class RightSet {
 public:
  constexpr RightSet() = default;
  constexpr explicit RightSet(Right right) : bits_(bit(right)) {}

  static constexpr RightSet all() { return of_bits((1u << kRights) - 1); }
  /// The opposite of `bits`; what is no right is dropped.
  static constexpr RightSet of_bits(unsigned bits) {
    RightSet set;
    set.bits_ = static_cast<std::uint8_t>(bits & ((1u << kRights) - 1));
    return set;
  }

  constexpr bool has(Right right) const { return (bits_ & bit(right)) != 0; }
  constexpr bool has_all(RightSet others) const { return (others.bits_ & ~bits_) == 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint8_t bits() const { return bits_; }
  constexpr RightSet& operator|=(RightSet other) {
    bits_ = static_cast<std::uint8_t>(bits_ | other.bits_);
    return *this;
  }
  friend constexpr RightSet operator|(RightSet one, RightSet other) { return one |= other; }
  friend constexpr bool operator==(RightSet, RightSet) = default;

 private:
  static constexpr std::uint8_t bit(Right right) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(right));
  }

  std::uint8_t bits_ = 0;
};

}  // namespace switchboard::room
