// One shard as its thread would drive it: sleeps when there is nothing to do, wakes for readiness, mail and deadlines,
// hands over what the network announced, then gives it a turn.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "shard/shard.h"
#include "simulation/client.h"

namespace switchboard::simulation {

class ShardDriver final : private shard::ConnectionObserver {
 public:
  /// `life`: how many processes there were before. `store`: null when there is none.
  ShardDriver(std::uint32_t index, std::uint32_t life, const Config& config, shard::Exchange& exchange,
              test::ManualClock& clock, broker::StoreChannel* store);

  void connect(const std::shared_ptr<test::SimSocket>& socket) { to_accept_.push_back(socket); }
  void wake() { woken_ = true; }
  /// Lets the network of this shard's sockets go on a step.
  void step_network();
  /// One round of its loop; nothing if it sleeps and nothing wakes it.
  void step(Random& random);
  bool is_at_rest() const;
  void drain(Duration over) {
    shard_->drain(over);
    woken_ = true;
  }
  shard::Shard& shard() { return *shard_; }
  void verify_bounds();
  std::uint64_t turns_without_news() const { return turns_without_news_; }

 private:
  struct Stream {
    SlotId id;
    std::shared_ptr<test::SimSocket> socket;
  };
  struct Ready {
    SlotId id;
    test::SimReadiness what;
  };

  void on_opened(const session::Connection&) override {}
  void on_ended(const session::Connection& connection, Instant now) override;

  const Config& config_;
  test::ManualClock& clock_;
  SleepFlag& sleep_flag_;
  std::unique_ptr<shard::Shard> shard_;
  std::deque<std::shared_ptr<test::SimSocket>> to_accept_;
  std::map<std::uint64_t, std::shared_ptr<test::SimSocket>> streams_;  // by packed id
  std::deque<Ready> ready_;
  bool asleep_ = false;
  bool woken_ = false;
  std::uint64_t turns_without_news_ = 0;
};

}  // namespace switchboard::simulation
