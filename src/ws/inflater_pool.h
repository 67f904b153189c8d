// Inflaters lent to whoever has a compressed message under way, and the memory they write to. One per shard: an open
// connection without context takeover owns no window.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "ws/inflater.h"

namespace switchboard::ws {

class InflaterPool {
 public:
  /// Small messages are inflated into it and handed out from there; 64 readable bytes follow.
  static constexpr std::size_t kScratchBytes = 16'384;

  struct GiveBack {
    InflaterPool* pool;
    void operator()(Inflater* inflater) const { pool->take_back(inflater); }
  };
  /// Goes back by itself; must not outlive the pool.
  using Lease = std::unique_ptr<Inflater, GiveBack>;

  InflaterPool() = default;
  InflaterPool(const InflaterPool&) = delete;
  InflaterPool& operator=(const InflaterPool&) = delete;

  /// One with the largest window, that remembers nothing.
  Lease lend();
  /// For the work of one call: whoever inflates next writes there too.
  std::span<char> scratch();

  /// How many are lent.
  std::size_t lent() const { return lent_; }
  /// How many wait to be lent again; never more than 4.
  std::size_t idle() const { return idle_.size(); }

 private:
  void take_back(Inflater* inflater);

  std::vector<std::unique_ptr<Inflater>> idle_;
  std::unique_ptr<char[]> scratch_;  // from its first use on
  std::size_t lent_ = 0;
};

}  // namespace switchboard::ws
