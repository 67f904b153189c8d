// When a key set is fetched: now and then, sooner after a failure, and when somebody shows a token with a key that is
// not known; but never twice within the pause, or tokens with invented keys would be a way to make the server ask for
// ever.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace switchboard::fetch {

struct ScheduleSettings {
  Duration refresh = std::chrono::minutes(10);  // from one good answer to the next question
  Duration pause = std::chrono::seconds(30);    // between two questions, at least; not longer than `refresh`
};

class FetchSchedule {
 public:
  /// The first is due at once.
  FetchSchedule(const ScheduleSettings& settings, Instant now) : settings_(settings), due_(now), may_again_(now) {}

  Instant due() const { return due_; }

  void on_fetched(Instant now) {
    may_again_ = now + settings_.pause;
    due_ = now + settings_.refresh;
  }
  void on_failed(Instant now) { due_ = may_again_ = now + settings_.pause; }
  /// Within the pause it waits for the pause's end: it is not lost.
  void on_wish() { due_ = std::min(due_, may_again_); }

 private:
  ScheduleSettings settings_;
  Instant due_;
  Instant may_again_;
};

}  // namespace switchboard::fetch
