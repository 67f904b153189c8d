// Accounts of those who share rates (the connections of an address, of a user): how many connections each has, and how
// much of what it may do is used up. An account outlives the last connection until its buckets are full again, or
// whoever reconnects would begin with a full burst.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "base/siphash.h"
#include "base/time.h"

namespace switchboard::listen {

/// `Buckets` says when all of it is full again: Instant full_at() const.
/// Not thread-safe, but for the buckets in an account. Opening and closing cost O(log n) of the accounts without
/// connections, also when there are as many of them as may be.
template <class Buckets>
class RateAccounts {
 public:
  /// Whose it is.
  using Key = std::array<std::uint8_t, 16>;

  struct Account : Buckets {
    std::uint32_t connections = 0;
    Key key{};
    Instant forgettable_at{};  // while it has no connection: when it can be forgotten
  };

  /// At most `remembered_max` accounts (1 or more) are kept without connections: at more, the one that is nearest to
  /// being full again goes first.
  explicit RateAccounts(std::size_t remembered_max)
      : remembered_max_(remembered_max), accounts_(0, KeyHash{{kernel_random(), kernel_random()}}) {
    SB_ASSERT(remembered_max > 0);
  }

  /// How many connections it has.
  std::uint32_t connections(const Key& key) const {
    const auto found = accounts_.find(key);
    return found == accounts_.end() ? 0 : found->second.connections;
  }

  /// Counts one more. The account stays where it is until its last connection is closed.
  Account& open(const Key& key, Instant now) {
    forget_full(now);
    Account& account = accounts_[key];
    // One that is not remembered is not in the set: it is new, or has connections.
    if (account.connections == 0) remembered_.erase({account.forgettable_at, &account});
    account.key = key;
    ++account.connections;
    return account;
  }

  /// Counts one less.
  void close(Account& account, Instant now) {
    SB_ASSERT(account.connections > 0);
    forget_full(now);
    if (--account.connections > 0) return;
    // Nobody spends from here on: it stays full at this moment.
    account.forgettable_at = account.full_at();
    if (account.forgettable_at <= now) {
      accounts_.erase(Key(account.key));  // a copy: the key's own goes with the account
      return;
    }
    remembered_.insert({account.forgettable_at, &account});
    if (remembered_.size() > remembered_max_) forget_first();
  }

  /// Drops all accounts without connections.
  void forget() {
    while (!remembered_.empty())
      forget_first();
  }

  std::size_t remembered() const { return remembered_.size(); }

 private:
  // Each opening and closing adds one account at most: two a time, and those that are full never pile up.
  static constexpr int kForgottenAtOnce = 2;

  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      // Clients choose their addresses, within a network: keyed, so that they cannot aim at one bucket.
      return static_cast<std::size_t>(siphash13(secret, {reinterpret_cast<const char*>(key.data()), key.size()}));
    }
    HashKey secret;
  };

  void forget_full(Instant now) {
    for (int i = 0; i < kForgottenAtOnce && !remembered_.empty() && remembered_.begin()->first <= now; ++i)
      forget_first();
  }

  void forget_first() {
    const Account* account = remembered_.begin()->second;
    SB_ASSERT(account->connections == 0);
    remembered_.erase(remembered_.begin());
    accounts_.erase(Key(account->key));
  }

  std::size_t remembered_max_;
  std::unordered_map<Key, Account, KeyHash> accounts_;  // its nodes stay where they are
  std::set<std::pair<Instant, Account*>> remembered_;   // those without connections, by `forgettable_at`
};

}  // namespace switchboard::listen
