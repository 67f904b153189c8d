// When the process must have ended: signals and time in, what is to be done out. Pure, and knows nothing of how.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace switchboard::server {

class Ending {
 public:
  enum class Step : std::uint8_t {
    kNone,
    kBegin,   // the first signal: end in good order
    kAtOnce,  // another one: whatever is still under way
    kTimeUp,  // the order took too long
  };

  /// `limit`: how long ending in good order may take, from the first signal on.
  Step on_signal(Instant now, Duration limit) {
    if (deadline_) return Step::kAtOnce;
    deadline_ = now + limit;
    return Step::kBegin;
  }
  Step on_time(Instant now) const { return deadline_ && now >= *deadline_ ? Step::kTimeUp : Step::kNone; }

  /// None before the first signal.
  std::optional<Instant> deadline() const { return deadline_; }

 private:
  std::optional<Instant> deadline_;
};

}  // namespace switchboard::server
