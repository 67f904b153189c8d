#include "listen/admission.h"

#include "protocol/close_code.h"

namespace switchboard::listen {

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
  const AddressAccounts::Key key = AddressAccounts::key_of(peer);
  const std::uint32_t address_max = per_address_max_.load(std::memory_order_relaxed);
  const std::uint32_t connections = accounts_.connections(key);
  if (address_max > 0 && connections >= address_max + kTold) return {.verdict = Verdict::kDrop};
  if (address_max > 0 && connections >= address_max) admitted.verdict = Verdict::kTellTooMany;
  const Instant now = clock_.now();
  AddressAccounts::Account& account = accounts_.open(key, now);
  admitted.address = &account;
  // Its first command would be refused: whoever used up an allowance and reconnects is to wait, not to try.
  const bool is_spent = address_messages_.limited() && !account.messages.has(now, 1, address_messages_);
  if (is_spent && admitted.verdict == Verdict::kWelcome) admitted.verdict = Verdict::kTellSpent;
  return admitted;
}

void Admission::release(session::AddressRate* address) {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  if (address != nullptr) release_account(*address);
}

void Admission::release_account(session::AddressRate& address) {
  const std::scoped_lock lock(mutex_);
  accounts_.close(static_cast<AddressAccounts::Account&>(address), clock_.now());
}

void Admission::set_limits(const AdmissionLimits& limits) {
  connections_max_.store(limits.connections_max, std::memory_order_relaxed);
  per_address_max_.store(limits.per_address_max, std::memory_order_relaxed);
  keeps_accounts_.store(limits.per_address_max > 0 || limits.has_address_rates, std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  address_messages_ = limits.address_messages;
  if (!limits.has_address_rates) accounts_.forget();  // nothing holds them to what they have sent
}

session::Ending refusal(Admission::Verdict verdict) {
  switch (verdict) {
    case Admission::Verdict::kTellFull:
      return {.reason = "the server has as many connections as it may have",
              .code = protocol::close::kOverCapacity,
              .by_peer = false};
    case Admission::Verdict::kTellTooMany:
      return {
          .reason = "too many connections from this address", .code = protocol::close::kOverCapacity, .by_peer = false};
    case Admission::Verdict::kTellSpent:
      return {.reason = "this address has sent as many messages as it may for now",
              .code = protocol::close::kRateLimited,
              .by_peer = false};
    case Admission::Verdict::kWelcome:
    case Admission::Verdict::kDrop:
      break;
  }
  return {};
}

}  // namespace switchboard::listen
