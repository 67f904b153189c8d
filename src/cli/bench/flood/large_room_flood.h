// A room of many members that gets messages at a constant rate: a crowd as any other, without an end.
#pragma once

#include "cli/bench/crowd.h"
#include "cli/bench/flood/flood.h"
#include "cli/bench/load_options.h"
#include "cli/bench/schedule.h"

namespace switchboard::cli::bench {

class LargeRoomFlood final : public Flood {
 public:
  /// `endpoint` must outlive it.
  LargeRoomFlood(const LoadOptions& options, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s);

  std::expected<void, std::string> begin(Progress& progress) override;
  void turn(std::int64_t until_ns) override;
  void end() override { crowd_.leave(); }
  FloodCounts counts() const override;

 private:
  LoadOptions options_;  // of the crowd alone
  Crowd crowd_;
  std::optional<Schedule> schedule_;
};

}  // namespace switchboard::cli::bench
