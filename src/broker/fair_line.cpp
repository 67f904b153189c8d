#include "broker/fair_line.h"

#include "base/assert.h"

namespace switchboard::broker {

void FairLine::push(Owner owner, Item item) {
  std::unique_ptr<Lane>& lane = lanes_[owner];
  if (lane == nullptr) {
    lane = std::make_unique<Lane>(Lane{.owner = owner, .items = {}});
    turns_.push_back(lane.get());
  }
  lane->items.push_back(item);
  ++size_;
}

const FairLine::Item& FairLine::front() {
  SB_ASSERT(size_ > 0);
  // Each time round every lane that waits gets one turn's bytes, so the number of steps is that of the kilobytes taken.
  for (;;) {
    Lane& lane = *turns_.front();
    if (lane.items.empty()) {
      forget_front();
      continue;
    }
    if (lane.credit > 0 || lane.items.size() == size_) return lane.items.front();
    lane.credit += kTurnBytes;
    turns_.pop_front();
    turns_.push_back(&lane);
  }
}

void FairLine::pop() {
  Lane& lane = *turns_.front();
  // Alone in the line it owes nobody anything.
  lane.credit = lane.items.size() == size_ ? 0 : lane.credit - static_cast<std::int64_t>(lane.items.front().bytes);
  lane.items.pop_front();
  --size_;
  forget_all_if_empty();
}

void FairLine::drop_oldest(Owner owner) {
  const auto found = lanes_.find(owner);
  SB_ASSERT(found != lanes_.end() && !found->second->items.empty());
  found->second->items.pop_front();
  --size_;
  forget_all_if_empty();
}

void FairLine::forget_front() {
  const Owner owner = turns_.front()->owner;
  turns_.pop_front();
  lanes_.erase(owner);
}

/// A lane that is empty stays until its turn comes, so that what it took in advance is not forgotten. When nobody waits
/// any more, nobody has been kept waiting by that.
void FairLine::forget_all_if_empty() {
  while (size_ == 0 && !turns_.empty())
    forget_front();
}

}  // namespace switchboard::broker
