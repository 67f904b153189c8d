// Clients that publish in bursts. Either all send theirs at the same moment, and again as soon as the server has read
// all of it; or each for itself keeps two bursts on their way, so that the server never waits for one.
#pragma once

#include <vector>

#include "cli/bench/flood/burst.h"
#include "cli/bench/flood/flooders.h"

namespace switchboard::cli::bench {

class BurstFlood final : public Flooders {
 public:
  /// kBroadcasts and kDeflated send together, each client into a room of its own; kHistory each for itself into one.
  BurstFlood(FloodKind kind, std::uint32_t clients, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s);

 private:
  bool press_on(std::int64_t now_ns) override;
  void on_push(std::uint32_t index, std::string_view push) override;
  void on_lost(std::uint32_t index) override;

  void send(std::uint32_t index);

  struct State {
    Burst burst;
    std::uint32_t under_way = 0;  // bursts whose ping is not answered
  };

  std::uint32_t under_way_max_;
  bool is_together_;
  std::vector<State> states_;
  std::uint32_t under_way_ = 0;      // of all
  std::int64_t last_answer_ns_ = 0;  // or burst
};

}  // namespace switchboard::cli::bench
