#include "base/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace switchboard {
namespace {

bool is_empty(const TimerLink& head) {
  return head.next == &head;
}

void clear(TimerLink& head) {
  head.prev = head.next = &head;
}

/// Moves all of `from` behind all of `to`.
void splice(TimerLink& from, TimerLink& to) {
  if (is_empty(from)) return;
  from.next->prev = to.prev;
  to.prev->next = from.next;
  from.prev->next = &to;
  to.prev = from.prev;
  clear(from);
}

}  // namespace

void TimerNode::unlink() {
  if (!armed()) return;
  prev->next = next;
  next->prev = prev;
  prev = next = nullptr;
}

TimerWheel::TimerWheel(Instant start, Duration tick, std::size_t slot_count)
    : start_(start),
      tick_(tick),
      slot_count_(slot_count),
      slots_(std::make_unique<TimerLink[]>(slot_count)),
      occupied_(slot_count / 64) {
  SB_ASSERT(tick > Duration::zero());
  SB_ASSERT(std::has_single_bit(slot_count) && slot_count >= 64);
  std::for_each_n(slots_.get(), slot_count_, clear);
  clear(collected_);
}

TimerWheel::~TimerWheel() {
  for (std::size_t slot = 0; slot < slot_count_; ++slot)
    splice(slots_[slot], collected_);
  while (TimerNode* timer = first_collected())
    timer->unlink();
}

void TimerWheel::arm(TimerNode& timer, Instant deadline) {
  timer.unlink();
  timer.deadline = deadline;
  insert(timer);
}

std::optional<Instant> TimerWheel::next_deadline() const {
  if (!is_empty(collected_)) return start_ + current_tick_ * tick_;
  const std::int64_t first_tick = current_tick_ + 1;
  for (std::size_t distance = 0; distance < slot_count_;) {
    std::size_t slot = slot_of(first_tick + static_cast<std::int64_t>(distance));
    const std::uint64_t ahead_in_word = occupied_[slot / 64] >> slot % 64;
    if (ahead_in_word == 0) {
      distance += 64 - slot % 64;
      continue;
    }
    const auto skipped = static_cast<std::size_t>(std::countr_zero(ahead_in_word));
    distance += skipped;
    slot += skipped;
    if (distance < slot_count_ && !is_empty(slots_[slot])) {
      return start_ + (first_tick + static_cast<std::int64_t>(distance)) * tick_;
    }
    ++distance;
  }
  return std::nullopt;
}

std::size_t TimerWheel::size() const {
  const auto length = [](const TimerLink& head) {
    std::size_t count = 0;
    for (const TimerLink* link = head.next; link != &head; link = link->next)
      ++count;
    return count;
  };
  std::size_t count = length(collected_);
  for (std::size_t slot = 0; slot < slot_count_; ++slot)
    count += length(slots_[slot]);
  return count;
}

std::int64_t TimerWheel::tick_of(Instant deadline) const {
  if (deadline <= start_) return 0;
  const Duration after_start = deadline - start_;
  return after_start / tick_ + (after_start % tick_ == Duration::zero() ? 0 : 1);
}

void TimerWheel::insert(TimerNode& timer) {
  const std::size_t slot = slot_of(std::max(tick_of(timer.deadline), current_tick_ + 1));
  TimerLink& head = slots_[slot];
  timer.prev = head.prev;
  timer.next = &head;
  head.prev->next = &timer;
  head.prev = &timer;
  occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
}

void TimerWheel::collect(Instant now) {
  const std::int64_t target = (now - start_) / tick_;
  if (target <= current_tick_) return;
  // After a pause longer than a round every slot has been passed; once is enough.
  const std::int64_t last = std::min(target, current_tick_ + static_cast<std::int64_t>(slot_count_));
  for (std::int64_t tick = current_tick_ + 1; tick <= last; ++tick)
    collect_slot(slot_of(tick));
  current_tick_ = target;
}

void TimerWheel::collect_slot(std::size_t slot) {
  const std::uint64_t bit = std::uint64_t{1} << slot % 64;
  std::uint64_t& word = occupied_[slot / 64];
  if ((word & bit) == 0) return;
  word &= ~bit;
  splice(slots_[slot], collected_);
}

TimerNode* TimerWheel::first_collected() {
  return is_empty(collected_) ? nullptr : static_cast<TimerNode*>(collected_.next);
}

}  // namespace switchboard
