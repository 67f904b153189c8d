// Shards whose threads are never started, so that a test alone moves their time.
#pragma once

#include "server/shard_group.h"
#include "support/manual_clock.h"

namespace switchboard::server {

class IdleShards {
 public:
  explicit IdleShards(std::uint32_t count = 2) {
    Config config;
    config.shards = count;
    shards_ = std::move(*ShardGroup::open(config, ListeningSockets(), clock, observer_, admission_));
  }
  ShardGroup& operator*() { return *shards_; }

  test::ManualClock clock;
  Log log{{}, clock, [](std::string_view lines) { return lines.size(); }};

 private:
  Admission admission_{AdmissionLimits{}, clock};
  ConnectionLog observer_{log, admission_};
  std::unique_ptr<ShardGroup> shards_;
};

}  // namespace switchboard::server
