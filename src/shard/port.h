// One shard's end of the exchange: pushes with the house's rules for full rings, and pops in turn.
//   * Results are taken without sending anything, so they always drain.
//   * A request is taken only while every result ring that it may need has room, so two full rings cannot wait for
//     each other.
//   * A leave never fails: what does not fit waits here, in front of everything else for that shard. It is bounded by
//     the memberships there were.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "shard/exchange.h"

namespace switchboard::shard {

class Port {
 public:
  Port(Exchange& exchange, std::uint32_t self);

  std::uint32_t self() const { return self_; }
  std::uint32_t shards() const { return exchange_.shards(); }

  /// False when the ring is full: nothing was sent, ask again in a later turn.
  bool try_request(std::uint32_t to, Request&& request);
  /// True when so many requests would not be refused.
  bool can_request(std::uint32_t to, std::size_t count);
  void leave(std::uint32_t to, LeaveRequest leave);
  /// True while a commit may be answered and spread: a result to every other shard, and one more, would fit.
  bool results_have_room();
  /// Only after results_have_room().
  void result(std::uint32_t to, Result&& result);

  /// Takes up to `budget` results, then requests while there is room for what they cause. True when some are left.
  template <class OnResult, class OnRequest>
  bool take(std::size_t budget, OnResult&& on_result, OnRequest&& on_request) {
    flush_leaves();
    for (std::uint32_t i = 1; i < shards(); ++i) {
      const std::uint32_t from = (self_ + i) % shards();
      auto& ring = exchange_.results(from, self_);
      for (std::size_t n = 0; n < budget; ++n) {
        Result* result = ring.front();
        if (result == nullptr) break;
        on_result(*result);
        ring.pop();
      }
    }
    for (std::uint32_t i = 1; i < shards(); ++i) {
      const std::uint32_t from = (self_ + i) % shards();
      auto& ring = exchange_.requests(from, self_);
      for (std::size_t n = 0; n < budget && results_have_room(); ++n) {
        Request* request = ring.front();
        if (request == nullptr) break;
        on_request(from, *request);
        ring.pop();
      }
    }
    wake_receivers();
    return !idle();
  }

  /// True when nothing waits for this shard (of what it could take now) and nothing waits here to be sent.
  bool idle();
  void wake_receivers();

 private:
  void flush_leaves();
  void note_push(std::uint32_t to) { pushed_[to] = true; }

  Exchange& exchange_;
  std::uint32_t self_;
  std::vector<std::deque<LeaveRequest>> waiting_leaves_;  // by shard
  std::vector<bool> pushed_;                              // to which shards since the last wake_receivers()
};

}  // namespace switchboard::shard
