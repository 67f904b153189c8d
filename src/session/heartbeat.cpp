#include "session/heartbeat.h"

#include <algorithm>

#include "session/settings.h"

namespace switchboard::session {
namespace {

constexpr std::uint32_t kSlowLineBytesPerMs = 4;
constexpr std::uint32_t kUnheardBytesMax = 1u << 30;

}  // namespace

void Heartbeat::on_written(std::size_t bytes) {
  unheard_bytes_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(unheard_bytes_ + std::uint64_t{bytes}, kUnheardBytesMax));
}

Heartbeat::Due Heartbeat::look(Instant now, const SessionSettings& settings) {
  if (now < deadline(settings)) return Due::kNothing;
  if (!is_outstanding_) return Due::kPing;
  if (alive_at_ < ping_at_) return Due::kGone;
  plan_next(now, settings);  // no pong, but alive after all: the next interval decides
  return Due::kNothing;
}

void Heartbeat::on_pinged(Instant now) {
  is_outstanding_ = is_queued_ = true;
  ping_at_ = now;
}

/// The peer's time for its pong begins when it can have seen the ping.
void Heartbeat::on_all_written(Instant now) {
  if (!is_queued_) return;
  is_queued_ = false;
  ping_at_ = now;
}

void Heartbeat::plan_next(Instant now, const SessionSettings& settings) {
  is_outstanding_ = is_queued_ = false;
  ping_at_ = std::max(ping_at_ + std::chrono::milliseconds(settings.ping_interval_ms), now);
}

Instant Heartbeat::deadline(const SessionSettings& settings) const {
  return is_outstanding_ ? pong_deadline(settings) : ping_at_;
}

/// A ping that waits behind what the peer does not take is the write timeout's business. And what was written before
/// the ping may still be on a slow line, or in the peer's own buffers, where nothing can be seen of it: a line of 4
/// kB/s is waited for, up to three times the timeout more.
Instant Heartbeat::pong_deadline(const SessionSettings& settings) const {
  if (is_queued_) return kNever;
  const Duration timeout = std::chrono::milliseconds(settings.pong_timeout_ms);
  const Duration for_the_line = std::chrono::milliseconds(unheard_bytes_ / kSlowLineBytesPerMs);
  return ping_at_ + timeout + std::min(3 * timeout, for_the_line);
}

}  // namespace switchboard::session
