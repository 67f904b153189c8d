// The floods that the load generator can make: each by its name, what it sends and how many do so. Plain values.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace switchboard::cli::bench {

enum class FloodKind : std::uint8_t { kBroadcasts, kDeflated, kKeyUpdates, kLargeRoom, kHistory };

struct FloodPlan {
  FloodKind kind;
  std::string_view name;  // as --flood takes it
  std::uint32_t clients;  // unless --connections says otherwise
  std::string_view about;
};

std::span<const FloodPlan> flood_plans();
const FloodPlan& flood_plan(FloodKind kind);
/// The error lists the names.
std::expected<FloodKind, std::string> parse_flood(std::string_view name);

}  // namespace switchboard::cli::bench
