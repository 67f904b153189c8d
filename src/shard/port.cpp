#include "shard/port.h"

#include "base/assert.h"

namespace switchboard::shard {

Port::Port(Exchange& exchange, std::uint32_t self)
    : exchange_(exchange), self_(self), waiting_leaves_(exchange.shards()), pushed_(exchange.shards(), false) {}

bool Port::try_request(std::uint32_t to, Request&& request) {
  if (!waiting_leaves_[to].empty()) return false;
  if (!exchange_.requests(self_, to).try_push(std::move(request))) return false;
  note_push(to);
  return true;
}

bool Port::can_request(std::uint32_t to, std::size_t count) const {
  return waiting_leaves_[to].empty() && exchange_.requests(self_, to).free_slots() >= count;
}

bool Port::can_request_anywhere() const {
  if (shards() == 1) return true;
  for (std::uint32_t to = 0; to < shards(); ++to) {
    if (to != self_ && can_request(to, 1)) return true;
  }
  return false;
}

bool Port::can_request_much(std::uint32_t to, std::size_t count) const {
  const Mailbox<Request>& ring = exchange_.requests(self_, to);
  return waiting_leaves_[to].empty() && ring.capacity() - ring.free_slots() + count <= much_of(ring);
}

void Port::leave(std::uint32_t to, LeaveRequest leave) {
  if (!try_request(to, Request(leave))) waiting_leaves_[to].push_back(leave);
}

void Port::flush_leaves() {
  for (std::uint32_t to = 0; to < shards(); ++to) {
    auto& waiting = waiting_leaves_[to];
    while (!waiting.empty() && exchange_.requests(self_, to).try_push(Request(waiting.front()))) {
      waiting.pop_front();
      note_push(to);
    }
  }
}

bool Port::results_have_room() const {
  for (std::uint32_t to = 0; to < shards(); ++to) {
    if (to != self_ && exchange_.results(self_, to).free_slots() < 2) return false;
  }
  return true;
}

void Port::result(std::uint32_t to, Result&& result) {
  const bool pushed = exchange_.results(self_, to).try_push(std::move(result));
  SB_ASSERT(pushed);
  note_push(to);
}

bool Port::idle() const {
  const bool may_take_requests = results_have_room();
  for (std::uint32_t other = 0; other < shards(); ++other) {
    if (other == self_) continue;
    if (!waiting_leaves_[other].empty() && exchange_.requests(self_, other).free_slots() > 0) return false;
    if (!exchange_.results(other, self_).empty()) return false;
    if (may_take_requests && !exchange_.requests(other, self_).empty()) return false;
  }
  return true;
}

void Port::wake_receivers() {
  for (std::uint32_t to = 0; to < shards(); ++to) {
    if (!pushed_[to]) continue;
    pushed_[to] = false;
    exchange_.wake_if_asleep(to);
  }
}

}  // namespace switchboard::shard
