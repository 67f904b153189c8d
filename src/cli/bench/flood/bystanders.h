// Who is measured beside a flood: pairs of connections, each in a small room of its own, that send at a constant rate.
// They have a thread to themselves, so that what the flood costs its own sender is not taken for the server's delay.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "cli/bench/crowd.h"
#include "cli/bench/load_options.h"
#include "cli/bench/progress.h"

namespace switchboard::cli::bench {

struct BystanderResult {
  /// Nanoseconds from when a message was due until a member of its room had it, its sender too; without `own_wait`.
  Histogram round_trip;
  std::uint64_t expected = 0;  // deliveries, the warm-up's included
  std::uint64_t delivered = 0;
  std::uint64_t closed = 0;  // of the connections, by the server
  double cpu_share = 0;      // of the thread, while measuring
  Histogram own_wait;  // nanoseconds that the thread was ready and had no CPU, each time it slept: not the server's

  std::uint64_t lost() const { return expected - delivered; }
};

/// Made and used by one thread at a time.
class Bystanders {
 public:
  /// `pairs` of them, `rate` messages a second each. `endpoint` must outlive them.
  Bystanders(std::uint32_t pairs, double rate, const Endpoint& endpoint);

  std::expected<void, std::string> join(Progress& progress) { return crowd_.join_everybody(progress); }

  /// Sends for `warmup_s` and then, measured, for `time_s`; waits for what is under way, for `drain_s` at most. Once.
  BystanderResult measure(double warmup_s, double time_s, double drain_s);

  void leave() { crowd_.leave(); }

 private:
  LoadOptions options_;
  SystemClock system_;
  Crowd crowd_;
};

}  // namespace switchboard::cli::bench
