// How many errors a client may still be answered with: it is forgiven one every so often.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace switchboard::session {

class ErrorBudget {
 public:
  /// One more. `refill`: in which time one is forgiven, more than zero. False: there were more than `errors_max`.
  bool take(Instant now, std::uint32_t errors_max, Duration refill) {
    forgiven_at_ = std::max(forgiven_at_, now) + refill;
    return forgiven_at_ - now <= refill * errors_max;
  }

 private:
  Instant forgiven_at_{};  // when the last error will be: each waits for those before it
};

}  // namespace switchboard::session
