// How many connections the process takes: in all, and from one address; and what the connections of one address share.
// Asked once per accepted connection, from any shard's thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "net/address.h"
#include "session/rate_limiter.h"
#include "session/session.h"

namespace switchboard::server {

/// A limit of 0 is none.
struct AdmissionLimits {
  std::uint64_t connections_max = 0;
  std::uint32_t per_address_max = 0;
  bool has_address_rates = false;  // an address has rate limits, so it has an account
};

/// An address is an IPv4 address, or the first 64 bits of an IPv6 one: whoever has one of those has them all. A peer
/// without any (a Unix socket's) is only counted in all.
class Admission {
 public:
  /// A few connections over a limit are still taken, to be told so with a close code.
  explicit Admission(const AdmissionLimits& limits) { set_limits(limits); }

  enum class Verdict : std::uint8_t {
    kWelcome,
    kTellFull,     // over the limit: to be closed with 4100 after its handshake
    kTellTooMany,  // its address is over the limit: the same
    kDrop,         // too many even to be told
  };
  struct Admitted {
    Verdict verdict = Verdict::kWelcome;
    /// Valid until it is released; null while no limit is for addresses, and when dropped.
    session::AddressRate* address = nullptr;
  };

  /// Counts the connection unless it is to be dropped.
  Admitted admit(const net::PeerAddress& peer);
  /// A connection that was admitted for the address `from`, which may be none, is another's. It stays counted in all,
  /// also when it is not welcome there. Never kTellFull.
  Admitted readdress(session::AddressRate* from, const net::PeerAddress& peer);
  /// Once for every connection that was counted, with the address it was given.
  void release(session::AddressRate* address);
  /// Connections that came while no limit was for addresses stay uncounted there.
  void set_limits(const AdmissionLimits& limits);

  /// Connections beyond a limit that are taken only to be told.
  static constexpr std::uint64_t kTold = 64;

 private:
  using Key = std::array<std::uint8_t, 16>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Account : session::AddressRate {
    std::uint32_t connections = 0;
    Key key{};
  };

  Admitted admit_to_account(const net::PeerAddress& peer);
  void release_account(session::AddressRate& address);

  static Key key_of(const net::PeerAddress& peer);

  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> connections_max_;
  std::atomic<std::uint32_t> per_address_max_;
  std::atomic<bool> keeps_accounts_;
  // Only used while a limit is for addresses. Not on the data path: once per connection.
  std::mutex mutex_;
  std::unordered_map<Key, Account, KeyHash> accounts_;  // its nodes stay where they are
};

/// What a client that is not welcome is told; code 0 for one that is.
session::Ending refusal(Admission::Verdict verdict);

}  // namespace switchboard::server
