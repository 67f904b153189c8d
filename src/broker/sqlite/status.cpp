#include "broker/sqlite/status.h"

#include <array>
#include <utility>

namespace switchboard::broker {
namespace {

constexpr std::array<std::int64_t, 12> kCommitBoundsNs = {100'000,     250'000,     500'000,       1'000'000,
                                                          2'500'000,   5'000'000,   10'000'000,    25'000'000,
                                                          100'000'000, 500'000'000, 1'000'000'000, 5'000'000'000};

}  // namespace

StoreStatus::StoreStatus() : commit_ns(kCommitBoundsNs) {}

StoreState StoreStatus::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void StoreStatus::ok(UnixMillis now) {
  if (!state_.is_ok) change({.is_ok = true, .reason = {}, .since = now});
}

void StoreStatus::failing(std::string reason, UnixMillis now) {
  if (state_.is_ok) {
    change({.is_ok = false, .reason = std::move(reason), .since = now});
  } else if (state_.reason != reason) {
    change({.is_ok = false, .reason = std::move(reason), .since = state_.since});
  }
}

void StoreStatus::change(StoreState state) {
  {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
  }
  if (observer_) observer_(state_);
}

}  // namespace switchboard::broker
