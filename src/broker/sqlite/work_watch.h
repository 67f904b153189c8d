// What the store's threads are at, for who watches them: a disk that hangs holds a thread in a call that does not
// return, and only another thread can say so.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/time.h"

namespace switchboard::broker {

class WorkWatch {
 public:
  /// One place for each thread.
  enum Worker : std::size_t { kWriter, kCheckpointer, kFirstReader, kWorkersMax = kFirstReader + 8 };

  /// On that thread, before its first work. `active`: see WorkerThread; called by who watches.
  void begin(std::size_t worker, std::function<Duration()> active) { places_[worker].active = std::move(active); }

  /// While it lives, that thread works with the disk. One call that may hang, not many: they count together.
  class Work {
   public:
    Work(WorkWatch& watch, std::size_t worker, Instant now) : since_ns_(watch.places_[worker].since_ns) {
      since_ns_.store(now.time_since_epoch().count(), std::memory_order_release);
    }
    ~Work() { since_ns_.store(0, std::memory_order_relaxed); }
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

   private:
    std::atomic<std::int64_t>& since_ns_;
  };

  /// For how long that thread has been held by one work, since this saw it first; 0 while it is at none. One thread.
  Duration held(std::size_t worker, Instant now) {
    Place& place = places_[worker];
    const std::int64_t since_ns = place.since_ns.load(std::memory_order_acquire);
    const bool is_new = since_ns != place.seen_ns;
    place.seen_ns = since_ns;
    if (since_ns == 0) return {};
    const Duration active = place.active ? place.active() : Duration{};
    // Counted from here: how much of the time before was the processor's is not known any more.
    if (is_new) {
      place.seen_at = now;
      place.active_before = active;
    }
    return now - place.seen_at - (active - place.active_before);
  }

 private:
  struct Place {
    std::atomic<std::int64_t> since_ns{0};
    std::function<Duration()> active;  // published by since_ns
    // Of who watches: the work seen last.
    std::int64_t seen_ns = 0;
    Instant seen_at{};
    Duration active_before{};
  };

  std::array<Place, kWorkersMax> places_;
};

}  // namespace switchboard::broker
