#include "broker/sqlite/status.h"

#include <algorithm>
#include <array>
#include <utility>

namespace switchboard::broker {
namespace {

constexpr std::array<std::int64_t, 12> kCommitBoundsNs = {100'000,     250'000,     500'000,       1'000'000,
                                                          2'500'000,   5'000'000,   10'000'000,    25'000'000,
                                                          100'000'000, 500'000'000, 1'000'000'000, 5'000'000'000};

constexpr std::size_t kUntoldMax = 64;

}  // namespace

StoreStatus::StoreStatus()
    : commit_ns(metrics, "switchboard_store_commit_seconds", "How long a transaction of the store took.",
                kCommitBoundsNs) {}

StoreState StoreStatus::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void StoreStatus::observe(Observer observer, NoticeObserver on_notice) {
  const std::lock_guard telling(telling_);
  observer_ = std::move(observer);
  on_notice_ = std::move(on_notice);
  if (!on_notice_) return;
  for (const std::string& sentence : std::exchange(untold_, {}))
    on_notice_(sentence);
}

void StoreStatus::ok(StoreTrouble trouble, UnixMillis now) {
  const std::lock_guard telling(telling_);
  {
    const std::lock_guard lock(mutex_);
    StoreState& state = troubles_[static_cast<std::size_t>(trouble)];
    if (state.is_ok) return;
    state = {.reason = {}, .since = now};
  }
  tell();
}

void StoreStatus::failing(StoreTrouble trouble, std::string reason, UnixMillis now) {
  const std::lock_guard telling(telling_);
  {
    const std::lock_guard lock(mutex_);
    StoreState& state = troubles_[static_cast<std::size_t>(trouble)];
    if (!state.is_ok && state.reason == reason) return;
    state = {.is_ok = false,
             .is_keeping = trouble == StoreTrouble::kCheckpoint || trouble == StoreTrouble::kSlowSync,
             .reason = std::move(reason),
             .since = state.is_ok ? now : state.since};
  }
  tell();
}

void StoreStatus::notice(const std::string& sentence) {
  const std::lock_guard telling(telling_);
  if (on_notice_) return on_notice_(sentence);
  if (untold_.size() < kUntoldMax) untold_.push_back(sentence);
}

/// With `telling_` held.
void StoreStatus::tell() {
  StoreState now;
  {
    const std::lock_guard lock(mutex_);
    const auto first = std::ranges::find(troubles_, false, &StoreState::is_ok);
    now = first == troubles_.end() ? StoreState{.reason = {}, .since = troubles_.front().since} : *first;
    if (now.is_ok == state_.is_ok && now.is_keeping == state_.is_keeping && now.reason == state_.reason) return;
    state_ = now;
  }
  if (observer_) observer_(now);
}

}  // namespace switchboard::broker
