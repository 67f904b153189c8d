#include "listen/address_accounts.h"

#include <algorithm>
#include <string_view>

#include "base/assert.h"
#include "base/random.h"

namespace switchboard::listen {
namespace {

// Each opening and closing adds one account at most: two a time, and those that are full never pile up.
constexpr int kForgottenAtOnce = 2;

}  // namespace

AddressAccounts::Key AddressAccounts::key_of(const net::PeerAddress& peer) {
  constexpr std::ptrdiff_t kNetworkBytes = 8;
  Key key = peer.ip;
  if (!peer.is_ipv4() && !peer.is_translated()) std::fill(key.begin() + kNetworkBytes, key.end(), std::uint8_t{0});
  return key;
}

std::size_t AddressAccounts::KeyHash::operator()(const Key& key) const {
  // Clients choose their addresses, within a network: keyed, so that they cannot aim at one bucket.
  return static_cast<std::size_t>(siphash13(secret, {reinterpret_cast<const char*>(key.data()), key.size()}));
}

AddressAccounts::AddressAccounts(std::size_t remembered_max)
    : remembered_max_(remembered_max), accounts_(0, KeyHash{{kernel_random(), kernel_random()}}) {
  SB_ASSERT(remembered_max > 0);
}

std::uint32_t AddressAccounts::connections(const Key& key) const {
  const auto found = accounts_.find(key);
  return found == accounts_.end() ? 0 : found->second.connections;
}

AddressAccounts::Account& AddressAccounts::open(const Key& key, Instant now) {
  forget_full(now);
  Account& account = accounts_[key];
  // One that is not remembered is not in the set: it is new, or has connections.
  if (account.connections == 0) remembered_.erase({account.full_at, &account});
  account.key = key;
  ++account.connections;
  return account;
}

void AddressAccounts::close(Account& account, Instant now) {
  SB_ASSERT(account.connections > 0);
  forget_full(now);
  if (--account.connections > 0) return;
  // Nobody spends from here on: it stays full at this moment.
  account.full_at = std::max(account.messages.full_at(), account.bytes.full_at());
  if (account.full_at <= now) {
    accounts_.erase(Key(account.key));  // a copy: the key's own goes with the account
    return;
  }
  remembered_.insert({account.full_at, &account});
  if (remembered_.size() > remembered_max_) forget_first();
}

void AddressAccounts::forget() {
  while (!remembered_.empty())
    forget_first();
}

void AddressAccounts::forget_full(Instant now) {
  for (int i = 0; i < kForgottenAtOnce && !remembered_.empty() && remembered_.begin()->first <= now; ++i)
    forget_first();
}

void AddressAccounts::forget_first() {
  const Account* account = remembered_.begin()->second;
  SB_ASSERT(account->connections == 0);
  remembered_.erase(remembered_.begin());
  accounts_.erase(Key(account->key));
}

}  // namespace switchboard::listen
