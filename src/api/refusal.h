// Why somebody may not ask for what they ask for: who they are not, and what their key is not for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/problem.h"

namespace switchboard::api {

enum class Refusal : std::uint8_t {
  kNoKey,
  kUnknownKey,  // or one that is not shown as it should be
  kScope,
  kRoom,
  kPresence,  // of the room, not of the key
};

inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::kPresence) + 1;

/// In the order of the enumeration, for metrics and the log.
inline constexpr std::array<std::string_view, kRefusals> kRefusalNames = {"no_key", "unknown_key", "scope", "room",
                                                                          "presence"};

constexpr std::string_view name(Refusal refusal) {
  return kRefusalNames[static_cast<std::size_t>(refusal)];
}

/// What is answered.
Problem problem_of(Refusal refusal);

}  // namespace switchboard::api
