// What one run found out. Plain values; reports are made from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/histogram.h"
#include "cli/bench/ledger.h"
#include "cli/bench/load_options.h"

namespace switchboard::cli::bench {

struct ServerUsage {
  double join_cpu_us = 0;              // per connection: connect, handshake and join
  double cpu_us = 0;                   // while measuring
  double user_cpu_us = 0;              // of that, outside the kernel
  std::uint64_t rss_before_bytes = 0;  // before the first connection
  std::uint64_t rss_joined_bytes = 0;  // everybody joined, nothing sent
  std::uint64_t rss_after_bytes = 0;   // at the end, everybody still there
  std::uint64_t rss_anonymous_after_bytes = 0;
};

struct Result {
  LoadOptions options;

  std::uint32_t joined = 0;
  double join_s = 0;
  std::map<std::uint16_t, std::uint32_t> closed;  // by close code, while running; 0: without a Close frame

  Tally tally;                             // the whole run, the warm-up included
  std::string first_stranger;              // the first push that was not of this run: an error, most likely
  double measured_s = 0;                   // from the end of the warm-up to the last delivery
  std::uint64_t deliveries_measured = 0;   // received in that time, bystanders' included
  std::uint64_t frame_bytes_measured = 0;  // of their WebSocket frames
  std::uint64_t deflated_measured = 0;     // how many of them were compressed
  Histogram latency;
  Histogram last_member;
  Histogram bystanders;

  double client_cpu_share = 0;  // of one core, while measuring
  std::optional<ServerUsage> server;

  double deliveries_per_second() const {
    return measured_s > 0 ? static_cast<double>(deliveries_measured) / measured_s : 0;
  }
  double frame_bytes_per_delivery() const {
    return deliveries_measured > 0
               ? static_cast<double>(frame_bytes_measured) / static_cast<double>(deliveries_measured)
               : 0;
  }
  double server_cpu_us_per_delivery() const {
    return server && deliveries_measured > 0 ? server->cpu_us / static_cast<double>(deliveries_measured) : 0;
  }
  /// A client that had no time left measures itself, not the server.
  bool client_was_the_limit() const { return client_cpu_share > 0.8; }
};

}  // namespace switchboard::cli::bench
