// What the store's threads are at, for who watches them: a disk that hangs holds a thread in a call that does not
// return, and only another thread can say so.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace switchboard::broker {

class WorkWatch {
 public:
  /// One place for each thread.
  enum Worker : std::size_t { kWriter, kCheckpointer, kFirstReader, kWorkersMax = kFirstReader + 8 };

  /// While it lives, that thread works with the disk.
  class Work {
   public:
    Work(WorkWatch& watch, std::size_t worker, Instant now) : since_ns_(watch.since_ns_[worker]) {
      since_ns_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    ~Work() { since_ns_.store(0, std::memory_order_relaxed); }
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

   private:
    std::atomic<std::int64_t>& since_ns_;
  };

  /// How long that thread has been at it; 0 while it is not.
  Duration busy(std::size_t worker, Instant now) const {
    const std::int64_t since_ns = since_ns_[worker].load(std::memory_order_relaxed);
    return since_ns == 0 ? Duration{} : now - Instant(Duration(since_ns));
  }

 private:
  std::array<std::atomic<std::int64_t>, kWorkersMax> since_ns_{};
};

}  // namespace switchboard::broker
