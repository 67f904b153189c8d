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
  // To be told takes a handshake, perhaps TLS: who goes on all the same is dropped before any of that.
  if (admitted.verdict == Verdict::kTellTooOften && !may_tell(*admitted.address)) {
    release_account(*admitted.address);
    admitted = {.verdict = Verdict::kDrop};
  }
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
  AddressAccounts::Account& account = accounts_.open(key, clock_.now());
  admitted.address = &account;
  if (admitted.verdict == Verdict::kWelcome) admitted.verdict = verdict_of_rates(account);
  return admitted;
}

/// Under the mutex.
Admission::Verdict Admission::verdict_of_rates(AddressAccounts::Account& account) {
  const Instant now = clock_.now();
  if (address_connects_.limited() && account.connects.take(now, 1, address_connects_) > Duration::zero()) {
    return Verdict::kTellTooOften;
  }
  // Its first command would be refused: whoever used up an allowance and reconnects is to wait, not to try.
  if (address_messages_.limited() && !account.messages.has(now, 1, address_messages_)) return Verdict::kTellSpent;
  return Verdict::kWelcome;
}

bool Admission::may_tell(session::AddressRate& address) {
  const std::scoped_lock lock(mutex_);
  auto& account = static_cast<AddressAccounts::Account&>(address);
  return account.tellings.take(clock_.now(), 1, kTellings) == Duration::zero();
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
  const bool has_rates = limits.has_address_rates || limits.address_connects.limited();
  keeps_accounts_.store(limits.per_address_max > 0 || has_rates, std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  address_messages_ = limits.address_messages;
  address_connects_ = limits.address_connects;
  if (!has_rates) accounts_.forget();  // nothing holds them to what they have done
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
    case Admission::Verdict::kTellTooOften:
      return {.reason = "this address connects more often than it may",
              .code = protocol::close::kRateLimited,
              .by_peer = false};
    case Admission::Verdict::kWelcome:
    case Admission::Verdict::kDrop:
      break;
  }
  return {};
}

}  // namespace switchboard::listen
