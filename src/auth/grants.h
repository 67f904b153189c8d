// What somebody may do: patterns of rooms with rights, patterns of users that may be written to, and limits. Compiled
// once from JSON text, the same in a token's claim `switchboard` and in the configuration:
//
//   {"rooms": {"chat:*": ["join", "publish"], "doc:{user_id}:*": ["join", "history"]},
//    "direct": ["*"],
//    "limits": {"rooms": 20, "publishes_per_second": 5, "publishes_burst": 10}}
//
// It does not know whose it is: `{user_id}` is whoever asks, so that one is shared by all whose text is the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/token_bucket.h"
#include "room/operation.h"
#include "room/rights.h"

namespace switchboard::auth {

inline constexpr std::size_t kPatternsMax = 1'000;          // of one text
inline constexpr std::size_t kPatternBytesMax = 255;        // as written
inline constexpr std::uint32_t kGrantedRoomsMax = 100'000;  // of "limits": {"rooms": ...}

/// Immutable: may be shared by threads.
class Grants {
 public:
  /// Nothing is allowed.
  Grants() = default;

  /// `json`: valid UTF-8; "" grants nothing. The error says what is wrong, as in a sentence that begins with where:
  /// "`rooms`: ...". It never holds more than 100 bytes of the text.
  static std::expected<Grants, std::string> parse(std::string_view json);

  /// The rights that all matching patterns give together. `room_id`: not one of a user's own ("@..."), of which
  /// patterns say nothing. `user_id`: who asks; "" while nobody is named, and `{user_id}` then stands for nothing.
  /// O(patterns), without an allocation.
  room::RightSet rights_in(std::string_view room_id, std::string_view user_id) const;

  /// Whether a direct message may go to that user.
  bool may_write_to(std::string_view to_user_id, std::string_view user_id) const;

  /// Rooms that one connection may be in at once; none: as the configuration says.
  std::optional<std::uint32_t> rooms_max() const {
    return rooms_max_ == 0 ? std::nullopt : std::optional<std::uint32_t>(rooms_max_);
  }

  /// How often one connection may do that; none: as the configuration says. It may be a rate without a limit.
  std::optional<Rate> rate_of(room::Operation operation) const {
    return rates_ == nullptr ? std::nullopt : (*rates_)[static_cast<std::size_t>(operation)];
  }

  bool empty() const { return rules_.empty(); }

 private:
  using Rates = std::array<std::optional<Rate>, room::kOperations>;

  std::string rules_;  // one after the other: see grants.cpp
  std::uint32_t rooms_max_ = 0;
  std::shared_ptr<const Rates> rates_;  // null: nothing is said of any
};

}  // namespace switchboard::auth
