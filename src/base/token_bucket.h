// How often something may happen: a token bucket, kept as one point in time (the generic cell rate algorithm), so that
// it costs eight bytes and nothing ever has to refill it. Knows nothing of what a token stands for.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace switchboard {

/// So many tokens come in a second, and so many lie in a full bucket.
struct Rate {
  std::uint32_t per_second = 0;  // 0: no limit
  std::uint32_t burst = 0;       // 0: as many as come in one second

  bool limited() const { return per_second > 0; }
  /// How long so many tokens take to come, at most 2^32 of them. Only when limited.
  Duration time_of(std::uint64_t tokens) const {
    return Duration(static_cast<Duration::rep>(tokens * 1'000'000'000 / per_second));
  }
  /// How long an empty bucket takes to be full. Only when limited.
  Duration depth() const { return time_of(burst > 0 ? burst : per_second); }

  friend bool operator==(const Rate&, const Rate&) = default;
};

/// One thread's. Begins full.
class TokenBucket {
 public:
  /// Takes the tokens if they are there and returns zero. Otherwise takes nothing and returns how long it will be until
  /// they are: never, if they are more than a full bucket holds. Only for a limited rate, like all the others.
  Duration take(Instant now, std::uint64_t tokens, const Rate& rate) {
    const Duration wait = wait_for(now, tokens, rate);
    if (wait > Duration::zero()) return wait;
    spend(now, tokens, rate);
    return Duration::zero();
  }

  /// What `take` would return, but takes nothing; below zero when there are more tokens than that.
  Duration wait_for(Instant now, std::uint64_t tokens, const Rate& rate) const {
    return std::max(full_at_, now) + rate.time_of(tokens) - now - rate.depth();
  }

  /// Takes the tokens also when they are not there: the bucket is then in debt.
  void spend(Instant now, std::uint64_t tokens, const Rate& rate) {
    full_at_ = std::max(full_at_, now) + rate.time_of(tokens);
  }

  /// When the bucket is out of debt: not later than now if it is not in debt.
  Instant solvent_at(const Rate& rate) const { return full_at_ - rate.depth(); }

  /// When it is full again if nobody takes anything: not later than now if it is full.
  Instant full_at() const { return full_at_; }

 private:
  Instant full_at_{};
};

/// The same for any number of threads at once, without a lock: whoever is first gets the token.
class SharedTokenBucket {
 public:
  Duration take(Instant now, std::uint64_t tokens, const Rate& rate) {
    const Duration depth = rate.depth();
    const Duration cost = rate.time_of(tokens);
    Instant before = full_at_.load(std::memory_order_relaxed);
    while (true) {
      const Instant full_at = std::max(before, now) + cost;
      const Duration wait = full_at - now - depth;
      if (wait > Duration::zero()) return wait;
      if (full_at_.compare_exchange_weak(before, full_at, std::memory_order_relaxed)) return Duration::zero();
    }
  }

  void spend(Instant now, std::uint64_t tokens, const Rate& rate) {
    const Duration cost = rate.time_of(tokens);
    Instant before = full_at_.load(std::memory_order_relaxed);
    while (!full_at_.compare_exchange_weak(before, std::max(before, now) + cost, std::memory_order_relaxed)) {
    }
  }

  /// What `take` would return, but takes nothing; below zero when there are more tokens than that. Another thread may
  /// take them at any time.
  Duration wait_for(Instant now, std::uint64_t tokens, const Rate& rate) const {
    return std::max(full_at(), now) + rate.time_of(tokens) - now - rate.depth();
  }
  bool has(Instant now, std::uint64_t tokens, const Rate& rate) const {
    return wait_for(now, tokens, rate) <= Duration::zero();
  }

  Instant solvent_at(const Rate& rate) const { return full_at() - rate.depth(); }

  /// When it is full again if nobody takes anything: not later than now if it is full.
  Instant full_at() const { return full_at_.load(std::memory_order_relaxed); }

 private:
  std::atomic<Instant> full_at_{};  // the words of no other memory hang on it
  static_assert(std::atomic<Instant>::is_always_lock_free);
};

}  // namespace switchboard
