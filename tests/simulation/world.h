// The whole: shards, clients, network and time, stepped in the order that the seed says, and the promises that concern
// more than one connection.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "simulation/client.h"
#include "simulation/config.h"
#include "simulation/ledger.h"
#include "simulation/shard_driver.h"
#include "simulation/simulated_store.h"

namespace switchboard::simulation {

class World {
 public:
  explicit World(const Config& config);

  /// Lives, rests, and ends. Throws Failure at the first broken promise.
  void run();
  const Ledger& ledger() const { return ledger_; }

 private:
  void live();
  void rest();
  void end();
  void round(bool is_active);
  void start();
  void connect();
  void crash();
  void replace_store();
  void expect_new_epochs(bool also_of_power);
  void audit();
  Client& add_client(const test::SimSocketSettings& settings, Person* person);
  void step_shards();
  void verify_the_dead_are_closed();
  void verify_at_rest();
  void verify_gone();
  bool is_at_rest() const;
  std::string describe() const;
  template <class F>
  std::uint64_t sum(F&& of) {
    std::uint64_t total = 0;
    for (auto& driver : drivers_)
      total += of(driver->shard().stats()).value();
    return total;
  }

  Config config_;
  Random random_;
  test::ManualClock clock_;
  Ledger ledger_;
  std::optional<SimulatedStore> store_;
  std::unique_ptr<shard::Exchange> exchange_;
  std::vector<std::unique_ptr<ShardDriver>> drivers_;  // of the process that lives
  std::uint32_t process_ = 0;                          // which one that is
  std::uint64_t lagged_before_ = 0;                    // messages that earlier ones have counted as lagged
  std::vector<std::uint32_t> skipped_;                 // rounds in a row in which that shard's thread did not run
  std::vector<Person> persons_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint32_t connections_ = 0;
};

}  // namespace switchboard::simulation
