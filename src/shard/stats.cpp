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

EndingCounts::EndingCounts(MetricList& metrics)
    : counts_(metrics, "switchboard_disconnects_total",
              "Connections ended, by WebSocket close code; http: they never became WebSockets.", "code",
              [](std::size_t index) -> std::string {
                if (index == kOther) return "other";
                return index == kHttp ? "http" : std::to_string(kCodes[index]);
              }) {}

void EndingCounts::add(std::uint16_t code) {
  if (code < 1000) return counts_[kHttp].add();
  // The place behind the last code is that of `other`.
  counts_[static_cast<std::size_t>(std::ranges::find(kCodes, code) - kCodes.begin())].add();
}

ShardStats::ShardStats()
    : loop_lag(metrics, "switchboard_loop_turn_seconds",
               "How long a shard was busy with one turn of its loop; everything else on that shard waits so long.",
               kTurnBounds),
      fan_out(metrics, "switchboard_fan_out_seconds",
              "From the commit of a message until every member that takes bytes had been handed it.", kFanOutBounds) {}

}  // namespace switchboard::shard
