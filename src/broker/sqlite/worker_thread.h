// What the process gives a thread of the store along with its start.
#pragma once

#include <functional>

#include "base/time.h"

namespace switchboard::broker {

struct WorkerThread {
  /// How long it has run, or waited for a processor, since it began: that is no fault of the disk. 0 for good where
  /// nobody knows. Any thread, also when this one has ended. Null: nobody knows.
  std::function<Duration()> active = nullptr;
  /// To be called on it between pieces of work, every few microseconds to milliseconds, and not with a lock that others
  /// wait for: lets them go first who want the same processor. Null: nobody does.
  std::function<void()> give_way = nullptr;
};

}  // namespace switchboard::broker
