#include "session/memberships.h"

#include <algorithm>

#include "base/assert.h"

namespace switchboard::session {

void Memberships::push_back(const Membership& membership) {
  list_.push_back(membership);
  if (index_ == nullptr && list_.size() <= kSearched) return;
  // The first one past the limit brings all before it along.
  const std::uint32_t from = index_ == nullptr ? 0 : size() - 1;
  if (index_ == nullptr) index_ = std::make_unique<Index>();
  for (std::uint32_t slot = from; slot < size(); ++slot) {
    const bool is_new = index_->slots.try_emplace(list_[slot].room.pack(), slot).second;
    SB_ASSERT(is_new);
    index_->watchers += list_[slot].is_watcher ? 1 : 0;
  }
}

void Memberships::erase(std::uint32_t slot) {
  SB_ASSERT(slot < size());
  if (index_ != nullptr) {
    index_->watchers -= list_[slot].is_watcher ? 1 : 0;
    index_->slots.erase(list_[slot].room.pack());
    if (slot + 1 != size()) index_->slots[list_.back().room.pack()] = slot;
    // Half of the limit: a count that swings around it does not build the index again and again.
    if (size() <= kSearched / 2) {
      index_.reset();
    } else {
      index_->slots.shrink_if_sparse();
    }
  }
  list_[slot] = list_.back();
  list_.pop_back();
  if (list_.empty()) list_.shrink_to_fit();
}

void Memberships::clear() {
  list_.clear();
  index_.reset();
}

std::optional<std::uint32_t> Memberships::find(SlotId room) const {
  if (index_ != nullptr) {
    const auto found = index_->slots.find(room.pack());
    return found == index_->slots.end() ? std::nullopt : std::optional(found->second);
  }
  const auto found = std::ranges::find(list_, room, &Membership::room);
  if (found == list_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - list_.begin());
}

std::uint32_t Memberships::watchers() const {
  if (index_ != nullptr) return index_->watchers;
  return static_cast<std::uint32_t>(std::ranges::count_if(list_, [](const Membership& m) { return m.is_watcher; }));
}

}  // namespace switchboard::session
