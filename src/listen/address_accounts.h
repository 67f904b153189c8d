// What is known of each address: how many connections it has, and how much of what it may send is used up. An account
// outlives the last connection until its buckets are full again, or whoever reconnects would begin with a full burst.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/siphash.h"
#include "base/time.h"
#include "net/address.h"
#include "session/rate_limiter.h"

namespace switchboard::listen {

/// Not thread-safe, but for the buckets in an account. Opening and closing cost O(log n) of the accounts without
/// connections, also when there are as many of them as may be.
class AddressAccounts {
 public:
  /// An IPv4 address; the first 64 bits of an IPv6 one, because whoever has one of those has them all; all 128 bits
  /// behind a translator, where each is somebody else's.
  using Key = std::array<std::uint8_t, 16>;
  static Key key_of(const net::PeerAddress& peer);

  struct Account : session::AddressRate {
    std::uint32_t connections = 0;
    Key key{};
    Instant full_at{};  // while it has no connection: when it can be forgotten
  };

  /// At most `remembered_max` accounts (1 or more) are kept without connections: at more, the one that is nearest to
  /// being full again goes first.
  explicit AddressAccounts(std::size_t remembered_max);

  /// How many connections the address has.
  std::uint32_t connections(const Key& key) const;
  /// Counts one more. The account stays where it is until its last connection is closed.
  Account& open(const Key& key, Instant now);
  /// Counts one less.
  void close(Account& account, Instant now);
  /// Drops all accounts without connections.
  void forget();

  std::size_t remembered() const { return remembered_.size(); }

 private:
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
    HashKey secret;
  };

  void forget_full(Instant now);
  void forget_first();

  std::size_t remembered_max_;
  std::unordered_map<Key, Account, KeyHash> accounts_;  // its nodes stay where they are
  std::set<std::pair<Instant, Account*>> remembered_;   // those without connections, by `full_at`
};

}  // namespace switchboard::listen
