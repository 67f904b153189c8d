#include "session/rate_limiter.h"

#include "base/assert.h"

namespace switchboard::session {

std::string_view name(RateLimit limit) {
  switch (limit) {
    case RateLimit::kMessages:
      return "messages";
    case RateLimit::kBytes:
      return "bytes";
    case RateLimit::kControlFrames:
      return "control_frames";
    case RateLimit::kAddressMessages:
      return "address_messages";
    case RateLimit::kAddressBytes:
      return "address_bytes";
  }
  SB_ASSERT(false && "a limit outside of the list");
}

RateLimiter::RateLimiter(AddressRate* address) {
  if (address != nullptr) more().address = address;
}

RateLimiter::More& RateLimiter::more() {
  if (more_ == nullptr) more_ = std::make_unique<More>();
  return *more_;
}

RateLimiter::Verdict RateLimiter::take_message(Instant now, const RateSettings& settings) {
  if (settings.messages.limited()) {
    const Duration wait = more().messages.take(now, 1, settings.messages);
    if (wait > Duration::zero()) return {.wait = wait, .limit = RateLimit::kMessages};
  }
  if (address() != nullptr && settings.address_messages.limited()) {
    const Duration wait = address()->messages.take(now, 1, settings.address_messages);
    if (wait > Duration::zero()) return {.wait = wait, .limit = RateLimit::kAddressMessages};
  }
  return {};
}

bool RateLimiter::take_control_frame(Instant now, const RateSettings& settings) {
  return !settings.control_frames.limited() ||
         control_frames_.take(now, 1, settings.control_frames) == Duration::zero();
}

void RateLimiter::count_bytes(Instant now, std::uint64_t bytes, const RateSettings& settings) {
  if (settings.bytes.limited()) more().bytes.spend(now, bytes, settings.bytes);
  if (address() != nullptr && settings.address_bytes.limited())
    address()->bytes.spend(now, bytes, settings.address_bytes);
}

RateLimiter::Verdict RateLimiter::read_pause(Instant now, const RateSettings& settings) const {
  Verdict verdict;
  if (more_ == nullptr) return verdict;
  if (settings.bytes.limited()) {
    verdict = {.wait = more_->bytes.solvent_at(settings.bytes) - now, .limit = RateLimit::kBytes};
  }
  if (address() != nullptr && settings.address_bytes.limited()) {
    const Duration wait = address()->bytes.solvent_at(settings.address_bytes) - now;
    if (wait > verdict.wait) verdict = {.wait = wait, .limit = RateLimit::kAddressBytes};
  }
  return verdict;
}

}  // namespace switchboard::session
