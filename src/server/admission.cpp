#include "server/admission.h"

#include <algorithm>
#include <string_view>

#include "protocol/close_code.h"

namespace switchboard::server {

std::size_t Admission::KeyHash::operator()(const Key& key) const {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
}

Admission::Key Admission::key_of(const net::PeerAddress& peer) {
  constexpr std::size_t kMappedPrefix = 12;  // ::ffff:0:0/96 is IPv4
  constexpr std::size_t kNetworkBytes = 8;
  const bool is_ipv4 =
      std::all_of(peer.ip.begin(), peer.ip.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
      peer.ip[10] == 0xff && peer.ip[kMappedPrefix - 1] == 0xff;
  Key key = peer.ip;
  if (!is_ipv4) std::fill(key.begin() + kNetworkBytes, key.end(), std::uint8_t{0});
  return key;
}

Admission::Admitted Admission::admit(const net::PeerAddress& peer) {
  const std::uint64_t max = connections_max_.load(std::memory_order_relaxed);
  const std::uint64_t before = connections_.fetch_add(1, std::memory_order_relaxed);
  if (max > 0 && before >= max + kTold) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return {.verdict = Verdict::kDrop};
  }
  Admitted admitted = admit_to_account(peer);
  if (admitted.verdict == Verdict::kDrop) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
  } else if (admitted.verdict == Verdict::kWelcome && max > 0 && before >= max) {
    admitted.verdict = Verdict::kTellFull;
  }
  return admitted;
}

Admission::Admitted Admission::readdress(session::AddressRate* from, const net::PeerAddress& peer) {
  const Admitted admitted = admit_to_account(peer);
  if (from != nullptr) release_account(*from);
  return admitted;
}

/// Whether its address lets it in, not counting it in all.
Admission::Admitted Admission::admit_to_account(const net::PeerAddress& peer) {
  Admitted admitted;
  if (!keeps_accounts_.load(std::memory_order_relaxed) || !peer.has_ip()) return admitted;

  const std::scoped_lock lock(mutex_);
  const Key key = key_of(peer);
  Account& account = accounts_[key];
  const std::uint32_t address_max = per_address_max_.load(std::memory_order_relaxed);
  if (address_max > 0 && account.connections >= address_max + kTold) return {.verdict = Verdict::kDrop};
  if (address_max > 0 && account.connections >= address_max) admitted.verdict = Verdict::kTellTooMany;
  account.key = key;
  ++account.connections;
  admitted.address = &account;
  return admitted;
}

void Admission::release(session::AddressRate* address) {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  if (address != nullptr) release_account(*address);
}

void Admission::release_account(session::AddressRate& address) {
  const std::scoped_lock lock(mutex_);
  auto& account = static_cast<Account&>(address);
  if (--account.connections == 0) accounts_.erase(Key(account.key));  // a copy: the key's own goes with the account
}

void Admission::set_limits(const AdmissionLimits& limits) {
  connections_max_.store(limits.connections_max, std::memory_order_relaxed);
  per_address_max_.store(limits.per_address_max, std::memory_order_relaxed);
  keeps_accounts_.store(limits.per_address_max > 0 || limits.has_address_rates, std::memory_order_relaxed);
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
