// One shard's end of the exchange: pushes with the house's rules for full rings, and pops in turn.
//   * Results are taken without sending anything, so they always drain.
//   * A request is taken only while every result ring that it may need has room, so two full rings cannot wait for
//     each other.
//   * A leave never fails: what does not fit waits here, in front of everything else for that shard. It is bounded by
//     the memberships there were.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/time.h"
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
  bool can_request(std::uint32_t to, std::size_t count) const;
  /// True when there is a shard (or none but this one) that would take a request.
  bool can_request_anywhere() const;
  /// The same for those who send much: they may fill a quarter of the ring, so that the others find room behind little.
  bool can_request_much(std::uint32_t to, std::size_t count) const;
  void leave(std::uint32_t to, LeaveRequest leave);
  /// True while a commit may be answered and spread: a result to every other shard, and one more, would fit.
  bool results_have_room() const;
  /// Only after results_have_room().
  void result(std::uint32_t to, Result&& result);

  /// Takes results, and requests while there is room for what they cause, a few from each shard in turn, until there
  /// are none or `until` has come; at least those few.
  template <class OnResult, class OnRequest>
  void take(const Clock& clock, Instant until, OnResult&& on_result, OnRequest&& on_request) {
    flush_leaves();
    for (bool has_taken = true; has_taken;) {
      has_taken = false;
      for (std::uint32_t from = 0; from < shards(); ++from) {
        if (from == self_) continue;
        has_taken |= take_some(from, exchange_.results(from, self_), [] { return true; }, on_result);
        has_taken |= take_some(
            from, exchange_.requests(from, self_), [this] { return results_have_room(); },
            [&](Request& request) { on_request(from, request); });
      }
      if (clock.now() >= until) break;
    }
    wake_receivers();
  }

  /// True when nothing waits for this shard of what it could take now, and nothing waits here that could be sent.
  bool idle() const;
  void wake_receivers();

 private:
  static constexpr std::size_t kTakenAtOnce = 16;  // from one ring

  template <class T, class MayTake, class On>
  bool take_some(std::uint32_t from, Mailbox<T>& ring, MayTake&& may_take, On&& on) {
    std::size_t taken = 0;
    const std::size_t waiting = ring.empty() ? 0 : ring.size();
    for (T* item; taken < kTakenAtOnce && may_take() && (item = ring.front()) != nullptr; ++taken) {
      on(*item);
      ring.pop();
    }
    // Who found it too full to go on may sleep over it (see much_of).
    if (taken > 0 && waiting + 1 >= much_of(ring)) note_push(from);
    return taken > 0;
  }
  /// How much of a ring those may fill who send much. Two at least: a message may come with a copy of it.
  template <class T>
  static std::size_t much_of(const Mailbox<T>& ring) {
    return std::max<std::size_t>(ring.capacity() / 4, 2);
  }
  void flush_leaves();
  /// That shard is to be woken at the end of the turn, if it sleeps.
  void note_push(std::uint32_t to) { pushed_[to] = true; }

  Exchange& exchange_;
  std::uint32_t self_;
  std::vector<std::deque<LeaveRequest>> waiting_leaves_;  // by shard
  std::vector<bool> pushed_;                              // to which shards since the last wake_receivers()
};

}  // namespace switchboard::shard
