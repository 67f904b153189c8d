// Lets a thread of the store sleep until somebody has something for it. Cheap to ring while it is awake.
#pragma once

#include "base/sleep_flag.h"
#include "base/time.h"

namespace switchboard::broker {

class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Any thread, after its pushes.
  void ring() {
    if (flag_.should_wake()) wake();
  }

  /// The sleeper: returns when it was rung, after `timeout`, or at once if `has_work()`, which is looked at when nobody
  /// can ring unnoticed any more.
  template <class HasWork>
  void wait(Duration timeout, HasWork&& has_work) {
    flag_.announce_sleep();
    if (!has_work()) sleep(timeout);
    flag_.awake();
  }

 private:
  void wake();
  void sleep(Duration timeout);

  SleepFlag flag_;
  int event_fd_;
};

}  // namespace switchboard::broker
