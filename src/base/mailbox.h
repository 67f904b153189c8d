// A bounded queue from exactly one thread to exactly one other, without locks. It never blocks and never wakes anybody:
// see base/sleep_flag.h for that. What a full mailbox means is its producer's business.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "base/assert.h"

namespace switchboard {

/// One producer thread and one consumer thread, each calling its own functions only. Construction and destruction
/// happen when neither is using it.
template <class T>
class Mailbox {
 public:
  /// `capacity` is a power of two.
  explicit Mailbox(std::size_t capacity) : mask_(capacity - 1), slots_(new Slot[capacity]) {
    SB_ASSERT(std::has_single_bit(capacity));
  }

  ~Mailbox() {
    while (front() != nullptr)
      pop();
  }

  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Producer. False when full; `item` is then untouched.
  bool try_push(T&& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - known_head_ == capacity()) {
      known_head_ = head_.load(std::memory_order_acquire);
      if (tail - known_head_ == capacity()) return false;
    }
    ::new (static_cast<void*>(slots_[tail & mask_].bytes)) T(std::move(item));
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Producer. At least this many pushes will succeed.
  std::size_t free_slots() const {
    return capacity() - (tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire));
  }

  /// Consumer. The oldest item, null when there is none. Valid until pop().
  T* front() { return empty() ? nullptr : item_at(head_.load(std::memory_order_relaxed)); }

  /// Consumer. Destroys the oldest item; there must be one.
  void pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    SB_ASSERT(!empty());
    std::destroy_at(item_at(head));
    head_.store(head + 1, std::memory_order_release);
  }

  /// Consumer. True only after a look at the producer's index, so it may be the last check before sleeping.
  bool empty() const {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == known_tail_) known_tail_ = tail_.load(std::memory_order_acquire);
    return head == known_tail_;
  }

  /// Any thread; exact only when neither side is at work.
  std::size_t size() const {
    const std::size_t head = head_.load(std::memory_order_acquire);
    return std::min(tail_.load(std::memory_order_acquire) - head, capacity());
  }

  std::size_t capacity() const { return mask_ + 1; }

 private:
  static constexpr std::size_t kCacheLine = 64;  // std::hardware_destructive_interference_size varies with -mtune

  struct Slot {
    alignas(T) std::byte bytes[sizeof(T)];
  };

  T* item_at(std::size_t index) { return std::launder(reinterpret_cast<T*>(slots_[index & mask_].bytes)); }

  const std::size_t mask_;
  const std::unique_ptr<Slot[]> slots_;
  // Each side's line: its own index, written by it alone, and what it last saw of the other's. Indices run freely and
  // are masked on use; their difference is the number of items.
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t known_head_ = 0;
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  mutable std::size_t known_tail_ = 0;
};

}  // namespace switchboard
