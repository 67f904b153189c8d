#include "shard/stats.h"

#include <algorithm>

namespace switchboard::shard {
namespace {

constexpr std::int64_t kUs = 1'000;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kTurnBounds[] = {50 * kUs, 100 * kUs, 250 * kUs, 500 * kUs, kMs,
                                        2 * kMs,  5 * kMs,   10 * kMs,  50 * kMs,  250 * kMs};
constexpr std::int64_t kFanOutBounds[] = {100 * kUs, 250 * kUs, 500 * kUs, kMs,       2 * kMs,    5 * kMs,   10 * kMs,
                                          25 * kMs,  50 * kMs,  100 * kMs, 250 * kMs, 1000 * kMs, 5000 * kMs};

}  // namespace

void EndingCounts::add(std::uint16_t code) {
  if (code < 1000) return http_.add();
  const auto found = std::ranges::find(kCodes, code);
  if (found == kCodes.end()) return other_.add();
  counts_[static_cast<std::size_t>(found - kCodes.begin())].add();
}

ShardStats::ShardStats() : loop_lag(kTurnBounds), fan_out(kFanOutBounds) {}

}  // namespace switchboard::shard
