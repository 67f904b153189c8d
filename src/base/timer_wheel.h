// A hashed timer wheel for one thread: arming and cancelling are O(1) and allocate nothing, however many timers there
// are. It reads no clock and wakes nobody: its owner calls advance() with the time and sleeps until next_deadline(). A
// timer is a node inside the object it belongs to; which object that is, only the owner of the wheel knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/time.h"

namespace switchboard {

/// A place in one of the wheel's rings. Alone when it links to nothing (a timer) or to itself (a ring's head).
struct TimerLink {
  TimerLink* prev = nullptr;
  TimerLink* next = nullptr;
};

/// One timer, to be embedded in what it times. Does not move. Disarms itself when destroyed.
struct TimerNode : TimerLink {
  TimerNode() = default;
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;
  ~TimerNode() { unlink(); }

  bool armed() const { return next != nullptr; }

  /// What it was last armed for. Written by TimerWheel::arm only.
  Instant deadline{};

 private:
  friend class TimerWheel;
  void unlink();
};
static_assert(sizeof(TimerNode) == 24, "a timer is part of every idle connection");

class TimerWheel {
 public:
  /// 2^24 ns: about 16.8 ms.
  static constexpr Duration kDefaultTick{1 << 24};
  static constexpr std::size_t kDefaultSlots = 1024;

  /// `slot_count` is a power of two from 64 up. A deadline more than tick * slot_count away is looked at once per round
  /// of the wheel until it is due.
  explicit TimerWheel(Instant start, Duration tick = kDefaultTick, std::size_t slot_count = kDefaultSlots);

  /// Disarms every timer left.
  ~TimerWheel();

  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Fires once at `deadline` or up to one tick later, never before. Armed already: moved. A deadline in the past fires
  /// at the next tick, not in the advance() that is running, so that a timer that re-arms itself cannot hold it up.
  void arm(TimerNode& timer, Instant deadline);

  /// Harmless when not armed.
  void cancel(TimerNode& timer) { timer.unlink(); }

  /// Calls fired(TimerNode&), each timer disarmed first, for what is due at `now`. `fired` may arm, cancel or destroy
  /// any timer of the wheel, the one fired included; it must not call advance(). Looks at no more than `timers_max`
  /// timers and returns true if it stopped for that reason: the next call goes on from there. A `now` in the past
  /// changes nothing.
  template <class F>
  bool advance(Instant now, std::size_t timers_max, F&& fired) {
    collect(now);
    for (std::size_t looked_at = 0; TimerNode* timer = first_collected(); ++looked_at) {
      if (looked_at == timers_max) return true;
      timer->unlink();
      if (tick_of(timer->deadline) > current_tick_) {
        insert(*timer);  // for a later round of the wheel
      } else {
        fired(*timer);
      }
    }
    return false;
  }

  /// The same without a limit.
  template <class F>
  void advance(Instant now, F&& fired) {
    advance(now, SIZE_MAX, fired);
  }

  /// When advance() next has something to look at: no timer fires before it, and it is at most one round of the wheel
  /// away. In the past if advance() stopped at its limit. None when nothing is armed. Takes at most slots / 64 steps
  /// and one per slot whose timers were all cancelled.
  std::optional<Instant> next_deadline() const;

  /// Timers armed. Counts them, O(slots + timers): for tests and reports.
  std::size_t size() const;

 private:
  std::int64_t tick_of(Instant deadline) const;  // rounded up: not before the deadline
  std::size_t slot_of(std::int64_t tick) const { return static_cast<std::size_t>(tick) & (slot_count_ - 1); }
  void insert(TimerNode& timer);
  void collect(Instant now);  // moves the slots passed until `now` to collected_
  void collect_slot(std::size_t slot);
  TimerNode* first_collected();

  Instant start_;
  Duration tick_;
  std::size_t slot_count_;
  std::int64_t current_tick_ = 0;        // every slot up to it has been collected
  std::unique_ptr<TimerLink[]> slots_;   // ring heads
  std::vector<std::uint64_t> occupied_;  // a bit per slot; may be set for a slot whose timers were cancelled
  TimerLink collected_;                  // head of the ring of timers that advance() has yet to look at
};

}  // namespace switchboard
