// Wakes a thread only if it sleeps, and never misses one that is about to. It knows no way of sleeping or waking: the
// receiver brings its own (an eventfd in an epoll set, say).
//
// The receiver:                          A producer:
//   flag.announce_sleep();                 mailbox.try_push(...);      // any number of pushes
//   if (every mailbox is empty) sleep();   if (flag.should_wake()) wake();
//   flag.awake();
//   take from the mailboxes
//
// Either the producer sees the announcement, or the receiver's check sees the push: the two fences are in one total
// order, and whichever comes second sees what was written before the first.
#pragma once

#include <atomic>

namespace switchboard {

/// One receiver, any number of producers.
class SleepFlag {
 public:
  /// Receiver: before its last look at its mailboxes.
  void announce_sleep() {
    sleeping_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  /// Receiver: after sleeping, or after deciding not to. A wake-up that was already on its way then arrives for
  /// nothing, which must be harmless.
  void awake() { sleeping_.store(false, std::memory_order_relaxed); }

  /// Producer: after its pushes, once for a batch of them (the fence costs about as much as a push). True for one
  /// producer per announcement: that one must wake the receiver.
  bool should_wake() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return sleeping_.load(std::memory_order_relaxed) && sleeping_.exchange(false, std::memory_order_relaxed);
  }

 private:
  alignas(64) std::atomic<bool> sleeping_{false};
};

}  // namespace switchboard
