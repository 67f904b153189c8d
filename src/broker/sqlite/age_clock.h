// The clock that the store measures ages by. It goes on with the machine's clock that only goes forwards, is taken up
// again where it stood when the store is opened anew, and is compared with the wall's clock: that may be set by a day,
// to and fro, and nothing gets older or younger by it. Where it stands means nothing outside of the store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace switchboard::broker {

/// A moment by the store's clock, in milliseconds. It began with the wall's time when the store was made.
using StoreMillis = std::int64_t;

class AgeClock {
 public:
  /// The wall has jumped when it and the other clock differ by more than this from one look to the next.
  static constexpr Duration kJump = std::chrono::seconds(2);
  /// Nothing is trimmed because of its age for so long after a jump.
  static constexpr Duration kPause = std::chrono::seconds(5);
  /// The machine has been started anew, so only the wall says how long the store was closed. So much is believed at
  /// once ...
  static constexpr Duration kBelieved = std::chrono::minutes(10);
  /// ... and more when the wall has not been set for so long: after a start it may still be wrong.
  static constexpr Duration kProof = std::chrono::minutes(5);

  /// What is kept in the file.
  struct Saved {
    StoreMillis at = 0;
    std::int64_t monotonic_ms = 0;
    UnixMillis unix_ms = 0;
  };

  /// At opening. `saved`: none in a new store. `is_same_boot`: the machine has run on since. Returns a sentence for the
  /// log, or "".
  std::string resume(const std::optional<Saved>& saved, bool is_same_boot, Instant now, UnixMillis unix_ms);
  /// Once a second at least. Returns a sentence for the log when the wall has jumped, else "".
  std::string look(Instant now, UnixMillis unix_ms);
  Saved save(Instant now, UnixMillis unix_ms) const;

  /// Any thread.
  StoreMillis at(Instant now) const { return milliseconds(now) + ahead_ms_.load(std::memory_order_relaxed); }
  /// The wall has jumped a moment ago: what seems to be too old may be trimmed later as well.
  bool is_in_doubt(Instant now) const { return now < doubt_until_; }

 private:
  static std::int64_t milliseconds(Instant now) { return now.time_since_epoch() / std::chrono::milliseconds(1); }
  void move(std::int64_t ms) { ahead_ms_.store(ahead_ms_.load(std::memory_order_relaxed) + ms); }

  std::atomic<std::int64_t> ahead_ms_{0};  // of the monotonic clock
  Instant looked_at_{};
  UnixMillis looked_unix_ms_ = 0;
  Instant doubt_until_{};
  std::int64_t unproved_ms_ = 0;  // while the store was closed so much more has passed, if the wall is right
  Instant proved_at_{};
};

}  // namespace switchboard::broker
