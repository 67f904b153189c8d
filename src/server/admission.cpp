#include "server/admission.h"

#include <string_view>

#include "protocol/close_code.h"

namespace switchboard::server {

std::size_t Admission::IpHash::operator()(const std::array<std::uint8_t, 16>& ip) const {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(ip.data()), ip.size()});
}

Admission::Verdict Admission::admit(const net::PeerAddress& peer) {
  const std::uint64_t max = connections_max_.load(std::memory_order_relaxed);
  const std::uint64_t before = connections_.fetch_add(1, std::memory_order_relaxed);
  if (max > 0 && before >= max + kTold) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return Verdict::kDrop;
  }
  Verdict verdict = max > 0 && before >= max ? Verdict::kTellFull : Verdict::kWelcome;
  const std::scoped_lock lock(mutex_);
  const std::uint32_t address_max = per_address_max_.load(std::memory_order_relaxed);
  if (address_max > 0 || !by_address_.empty()) {
    const std::uint32_t from_there = ++by_address_[peer.ip];
    if (address_max > 0 && from_there > address_max) verdict = Verdict::kTellTooMany;
    if (address_max > 0 && from_there > address_max + kTold) {
      --by_address_[peer.ip];
      connections_.fetch_sub(1, std::memory_order_relaxed);
      return Verdict::kDrop;
    }
  }
  return verdict;
}

void Admission::release(const net::PeerAddress& peer) {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  const auto found = by_address_.find(peer.ip);
  if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

void Admission::set_limits(std::uint64_t connections_max, std::uint32_t per_address_max) {
  connections_max_.store(connections_max, std::memory_order_relaxed);
  per_address_max_.store(per_address_max, std::memory_order_relaxed);
}

session::Ending refusal(Admission::Verdict verdict) {
  switch (verdict) {
    case Admission::Verdict::kTellFull:
      return {.code = protocol::close::kOverCapacity,
              .by_peer = false,
              .reason = "the server has as many connections as it may have"};
    case Admission::Verdict::kTellTooMany:
      return {
          .code = protocol::close::kOverCapacity, .by_peer = false, .reason = "too many connections from this address"};
    case Admission::Verdict::kWelcome:
    case Admission::Verdict::kDrop:
      break;
  }
  return {};
}

}  // namespace switchboard::server
