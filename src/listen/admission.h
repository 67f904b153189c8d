// How many connections the process takes: in all, and from one address; and what the connections of one address share.
// Asked once per accepted connection, from any shard's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/time.h"
#include "listen/address_accounts.h"
#include "net/address.h"
#include "session/ending.h"
#include "session/rate_limiter.h"

namespace switchboard::listen {

/// A limit of 0 is none.
struct AdmissionLimits {
  std::uint64_t connections_max = 0;
  std::uint32_t per_address_max = 0;
  bool has_address_rates = false;  // an address has rate limits, so it has an account
  Rate address_messages{};         // of those, the one for commands
  Rate address_connects{};         // how often an address may connect
};

/// What an address is, is AddressAccounts' to say. A peer without any (a Unix socket's) is only counted in all.
class Admission {
 public:
  /// A few connections over a limit are still taken, to be told so with a close code. `clock` must outlive it and be
  /// callable from any thread.
  Admission(const AdmissionLimits& limits, const Clock& clock) : clock_(clock) { set_limits(limits); }

  enum class Verdict : std::uint8_t {
    kWelcome,
    kTellFull,      // over the limit: to be closed with 4100 after its handshake
    kTellTooMany,   // its address is over the limit: the same
    kTellSpent,     // its address may not send a single command now: the same with 4102
    kTellTooOften,  // its address connects more often than it may: the same with 4102
    kDrop,          // too many even to be told
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
  /// The same where the limit is how often an address connects.
  static constexpr Rate kTellings{.per_second = 1, .burst = kTold};
  /// Addresses without connections that are remembered until they may send as much as ever: 13 MB.
  static constexpr std::size_t kRememberedMax = 65'536;

 private:
  Admitted admit_to_account(const net::PeerAddress& peer);
  Verdict verdict_of_rates(AddressAccounts::Account& account);
  bool may_tell(session::AddressRate& address);
  void release_account(session::AddressRate& address);

  const Clock& clock_;
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> connections_max_;
  std::atomic<std::uint32_t> per_address_max_;
  std::atomic<bool> keeps_accounts_;
  // Only used while a limit is for addresses. Not on the data path: once per connection.
  std::mutex mutex_;
  AddressAccounts accounts_{kRememberedMax};
  Rate address_messages_{};
  Rate address_connects_{};
};

/// What a client that is not welcome is told; code 0 for one that is.
session::Ending refusal(Admission::Verdict verdict);

}  // namespace switchboard::listen
