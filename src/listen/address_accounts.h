// What is known of each address: how many connections it has, and how much of what it may send, and of how often it may
// connect, is used up.
#pragma once

#include <algorithm>

#include "base/time.h"
#include "base/token_bucket.h"
#include "listen/rate_accounts.h"
#include "net/address.h"
#include "session/rate_limiter.h"

namespace switchboard::listen {

/// Those that sessions do not see are the admission's.
struct AddressBuckets : session::AddressRate {
  TokenBucket connects;
  TokenBucket tellings;  // that it connects too often; forgotten with the rest

  Instant full_at() const { return std::max({messages.full_at(), bytes.full_at(), connects.full_at()}); }
};

class AddressAccounts : public RateAccounts<AddressBuckets> {
 public:
  using RateAccounts::RateAccounts;

  /// An IPv4 address; the first 64 bits of an IPv6 one, because whoever has one of those has them all; all 128 bits
  /// behind a translator, where each is somebody else's.
  static Key key_of(const net::PeerAddress& peer);
};

}  // namespace switchboard::listen
