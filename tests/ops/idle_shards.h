// Shards whose threads are never started, so that a test alone moves their time.
#pragma once

#include "listen/shard_group.h"
#include "support/manual_clock.h"

namespace switchboard::ops {

class IdleShards {
 public:
  explicit IdleShards(std::uint32_t count = 2) {
    config::Config config;
    config.shards = count;
    shards_ = std::move(*listen::ShardGroup::open(config, listen::ListeningSockets(), clock, observer_, admission_));
  }
  listen::ShardGroup& operator*() { return *shards_; }

  test::ManualClock clock;
  log::Log log{{}, clock, [](std::string_view lines) { return lines.size(); }};

 private:
  listen::Admission admission_{listen::AdmissionLimits{}, clock};
  listen::ConnectionLog observer_{log, admission_};
  std::unique_ptr<listen::ShardGroup> shards_;
};

}  // namespace switchboard::ops
