// The mailboxes between all shards of a process: for each pair a ring of requests and a ring of results, and for each
// shard a flag that says whether it sleeps. Created once by whoever starts the shards; outlives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/mailbox.h"
#include "base/sleep_flag.h"
#include "shard/messages.h"

namespace switchboard::shard {

class Exchange {
 public:
  /// Memory of all rings together, at most. Pages of it are taken as rings are used; what messages hold beside their
  /// slots is counted by who made them.
  static constexpr std::size_t kRingBytesMax = 128u << 20;
  static constexpr std::size_t kRingSlotsMax = 1'024;
  /// Fewer would make a shard that others write to wait for each of them in every turn.
  static constexpr std::size_t kRingSlotsMin = 64;

  /// Messages in flight from one shard to another: rings are for pairs, so with the number of shards each becomes
  /// smaller.
  static std::size_t ring_slots_for(std::uint32_t shards);
  /// Memory of the rings of so many shards.
  static std::size_t ring_bytes(std::uint32_t shards, std::size_t ring_slots);

  explicit Exchange(std::uint32_t shards) : Exchange(shards, ring_slots_for(shards)) {}
  /// `ring_slots`: a power of two.
  Exchange(std::uint32_t shards, std::size_t ring_slots);

  std::uint32_t shards() const { return shards_; }
  Mailbox<Request>& requests(std::uint32_t from, std::uint32_t to) { return lanes_[from * shards_ + to]->requests; }
  Mailbox<Result>& results(std::uint32_t from, std::uint32_t to) { return lanes_[from * shards_ + to]->results; }

  /// The sleeper's side is the shard's own thread.
  SleepFlag& sleep(std::uint32_t shard) { return sleepers_[shard]->flag; }
  /// How to end that shard's sleep. Before the shards start.
  void set_waker(std::uint32_t shard, std::function<void()> wake) { sleepers_[shard]->wake = std::move(wake); }
  /// After pushing to it: wakes the shard if it sleeps. Any shard's thread.
  void wake_if_asleep(std::uint32_t shard) {
    if (sleepers_[shard]->flag.should_wake() && sleepers_[shard]->wake) sleepers_[shard]->wake();
  }

 private:
  struct Lane {
    explicit Lane(std::size_t slots) : requests(slots), results(slots) {}
    Mailbox<Request> requests;
    Mailbox<Result> results;
  };
  struct Sleeper {
    SleepFlag flag;
    std::function<void()> wake;
  };

  std::uint32_t shards_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<Sleeper>> sleepers_;
};

}  // namespace switchboard::shard
