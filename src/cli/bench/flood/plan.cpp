#include "cli/bench/flood/plan.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::array kPlans = {
    FloodPlan{FloodKind::kBroadcasts, "broadcasts", 250,
              "each sends 64 KB of small broadcasts into a room of its own, all at once, again and again"},
    FloodPlan{FloodKind::kDeflated, "deflated", 250,
              "the same with compressed messages of some 100 bytes that inflate to nearly 64 KB each"},
    FloodPlan{FloodKind::kKeyUpdates, "key-updates", 100,
              "each asks for a new TLS 1.3 key as fast as the server takes it; needs wss://"},
    FloodPlan{FloodKind::kLargeRoom, "large-room", 10'000, "members of one room, which gets --rate messages a second"},
    FloodPlan{FloodKind::kHistory, "history", 8,
              "members of one room with history, each publishing as fast as the server takes it"},
};

}  // namespace

std::span<const FloodPlan> flood_plans() {
  return kPlans;
}

const FloodPlan& flood_plan(FloodKind kind) {
  const auto found = std::ranges::find(kPlans, kind, &FloodPlan::kind);
  SB_ASSERT(found != kPlans.end());
  return *found;
}

std::expected<FloodKind, std::string> parse_flood(std::string_view name) {
  std::string known;
  for (const FloodPlan& plan : kPlans) {
    if (plan.name == name) return plan.kind;
    known += (known.empty() ? "" : ", ") + std::string(plan.name);
  }
  return std::unexpected("--flood: `" + std::string(name) + "` is none of " + known);
}

}  // namespace switchboard::cli::bench
