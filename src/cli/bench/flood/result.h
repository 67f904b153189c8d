// What a run beside a flood found out. Plain values; reports are made from it.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/bench/flood/bystanders.h"
#include "cli/bench/flood/flood.h"
#include "cli/bench/load_options.h"

namespace switchboard::cli::bench {

struct FloodedServer {
  double cpu_share = 0;  // of one core, while the flood lasted
  std::uint64_t rss_before_bytes = 0;
  std::uint64_t rss_max_bytes = 0;
};

struct FloodResult {
  LoadOptions options;
  BystanderResult idle;  // of other pairs, on the same server before the flood
  BystanderResult flooded;
  FloodCounts flood;
  double flood_s = 0;          // how long it lasted
  double flood_cpu_share = 0;  // of one core: the client's thread that sends it
  std::optional<FloodedServer> server;

  /// The bystanders' own thread was so often kept from running that what it measured says little.
  bool client_was_the_limit() const { return flooded.own_wait.percentile(99) > 5'000'000; }
};

}  // namespace switchboard::cli::bench
