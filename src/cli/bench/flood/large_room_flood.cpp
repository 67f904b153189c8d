#include "cli/bench/flood/large_room_flood.h"

#include <algorithm>

namespace switchboard::cli::bench {
namespace {

LoadOptions one_room(const LoadOptions& options) {
  LoadOptions crowd;
  crowd.connections = options.connections;
  crowd.rate = options.rate;
  return crowd;
}

}  // namespace

LargeRoomFlood::LargeRoomFlood(const LoadOptions& options, const Endpoint& endpoint,
                               std::vector<std::uint32_t> source_ipv4s)
    : options_(one_room(options)), crowd_(options_, endpoint, std::move(source_ipv4s)) {}

std::expected<void, std::string> LargeRoomFlood::begin(Progress& progress) {
  return crowd_.join_everybody(progress);
}

void LargeRoomFlood::turn(std::int64_t until_ns) {
  const std::int64_t now = crowd_.now_ns();
  if (!schedule_) schedule_.emplace(now, INT64_MAX, options_.rate);
  for (; schedule_->next_ns() <= now; schedule_->advance())
    crowd_.publish(0, schedule_->next_ns(), Period::kWarmUp);
  crowd_.flush_publishers();
  crowd_.turn(std::min(until_ns, schedule_->next_ns()));
}

FloodCounts LargeRoomFlood::counts() const {
  const Tally& tally = crowd_.ledger().tally();
  return {.messages = tally.published,
          .bytes = tally.published * options_.content_bytes,
          .refused = tally.strangers,
          .closed = crowd_.closed()};
}

}  // namespace switchboard::cli::bench
