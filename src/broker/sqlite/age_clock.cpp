#include "broker/sqlite/age_clock.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace switchboard::broker {
namespace {

constexpr std::int64_t kJumpMs = AgeClock::kJump / std::chrono::milliseconds(1);
constexpr std::int64_t kBelievedMs = AgeClock::kBelieved / std::chrono::milliseconds(1);

std::string seconds_of(std::int64_t ms) {
  return std::to_string((ms < 0 ? -ms : ms) / 1'000) + " s";
}

}  // namespace

std::string AgeClock::resume(const std::optional<Saved>& saved, bool is_same_boot, Instant now, UnixMillis unix_ms) {
  looked_at_ = now;
  looked_unix_ms_ = unix_ms;
  doubt_until_ = {};
  unproved_ms_ = 0;
  const std::int64_t now_ms = milliseconds(now);
  if (!saved) {
    ahead_ms_.store(unix_ms - now_ms);
    return {};
  }
  const std::int64_t by_wall_ms = unix_ms - saved->unix_ms;
  if (is_same_boot && now_ms >= saved->monotonic_ms) {
    ahead_ms_.store(saved->at - saved->monotonic_ms);
    const std::int64_t jump_ms = by_wall_ms - (now_ms - saved->monotonic_ms);
    if (std::abs(jump_ms) <= kJumpMs) return {};
    return "the clock was set by " + std::string(jump_ms < 0 ? "-" : "") + seconds_of(jump_ms) +
           " since the store was closed: messages are as old as they are";
  }
  ahead_ms_.store(saved->at - now_ms);
  if (by_wall_ms < 0) {
    return "the clock is " + seconds_of(by_wall_ms) +
           " behind where it was when the store was closed: messages are taken to be as old as they were then";
  }
  if (by_wall_ms <= kBelievedMs) {
    move(by_wall_ms);
    return {};
  }
  unproved_ms_ = by_wall_ms;
  proved_at_ = now + kProof;
  return "by the clock the store was closed for " + seconds_of(by_wall_ms) +
         ": if it is not set within five minutes, messages grow older by that";
}

std::string AgeClock::look(Instant now, UnixMillis unix_ms) {
  const std::int64_t passed_ms = (now - looked_at_) / std::chrono::milliseconds(1);
  const std::int64_t by_wall_ms = unix_ms - looked_unix_ms_;
  const std::int64_t jump_ms = by_wall_ms - passed_ms;
  looked_at_ = now;
  looked_unix_ms_ = unix_ms;
  if (std::abs(jump_ms) > kJumpMs) {
    doubt_until_ = now + kPause;
    // As long as the two do not agree, only so much has passed as both say.
    if (jump_ms < 0) move(std::max<std::int64_t>(by_wall_ms, 0) - passed_ms);
    if (unproved_ms_ > 0) {
      unproved_ms_ = std::max<std::int64_t>(unproved_ms_ + jump_ms, 0);
      proved_at_ = now + kProof;
    }
    return "the clock was set by " + std::string(jump_ms < 0 ? "-" : "") + seconds_of(jump_ms) +
           ": messages are as old as they are, and nothing is removed for its age during the next seconds";
  }
  if (unproved_ms_ > 0 && now >= proved_at_) move(std::exchange(unproved_ms_, 0));
  return {};
}

AgeClock::Saved AgeClock::save(Instant now, UnixMillis unix_ms) const {
  // What is not proved yet has not passed: with its part of the wall's time it is found again at the next opening.
  return {.at = at(now), .monotonic_ms = milliseconds(now), .unix_ms = unix_ms - unproved_ms_};
}

}  // namespace switchboard::broker
