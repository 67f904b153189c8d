// What can be limited by how often it is done: the operations of clients, and a rate for each. Who is held to them, and
// where the rates come from (the configuration, a token), is not known here.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/token_bucket.h"

namespace switchboard::room {

enum class Operation : std::uint8_t {
  kJoin,
  kPublish,  // to a room
  kDirect,   // to a user
  kHistory,
  kPresence,
};

inline constexpr std::size_t kOperations = static_cast<std::size_t>(Operation::kPresence) + 1;

/// As settings and tokens begin their names, in the order of the enumeration: "joins_per_second", "joins_burst".
inline constexpr std::array<std::string_view, kOperations> kOperationNames = {"joins", "publishes", "directs",
                                                                              "history", "presence"};

/// Of a rate that is set by hand: tokens in a second, and in a full bucket.
inline constexpr std::uint32_t kRateMax = 1'000'000'000;

/// A rate for each operation; at first there is no limit.
class OperationRates {
 public:
  Rate& operator[](Operation operation) { return rates_[static_cast<std::size_t>(operation)]; }
  const Rate& operator[](Operation operation) const { return rates_[static_cast<std::size_t>(operation)]; }
  /// Whether any of them is a limit.
  bool any() const { return std::ranges::any_of(rates_, &Rate::limited); }

 private:
  std::array<Rate, kOperations> rates_{};
};

}  // namespace switchboard::room
