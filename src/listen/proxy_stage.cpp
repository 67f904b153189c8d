#include "listen/proxy_stage.h"

#include <utility>

#include "base/assert.h"

namespace switchboard::listen {

SlotId ProxyStage::add(Waiting waiting) {
  const Instant deadline = waiting.deadline;
  const SlotId id = waiting_.emplace(std::move(waiting)).first;
  due_.push_back({deadline, id});
  return id;
}

ProxyStage::Waiting* ProxyStage::find(std::uint32_t index) {
  return waiting_.find(waiting_.id_at(index));
}

ProxyStage::Waiting ProxyStage::take(std::uint32_t index) {
  const SlotId id = waiting_.id_at(index);
  SB_ASSERT(id);
  Waiting taken = std::move(*waiting_.find(id));
  waiting_.erase(id);
  while (!due_.empty() && !waiting_.contains(due_.front().id))
    due_.pop_front();
  return taken;
}

std::optional<ProxyStage::Waiting> ProxyStage::take_expired(Instant now) {
  if (due_.empty() || due_.front().deadline > now) return std::nullopt;
  return take(due_.front().id.index);
}

std::optional<Instant> ProxyStage::next_deadline() const {
  if (due_.empty()) return std::nullopt;
  return due_.front().deadline;
}

}  // namespace switchboard::listen
