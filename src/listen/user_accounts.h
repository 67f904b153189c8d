// What is known of each user that has connections, on any shard: how often they have done what. Only while something is
// limited by user.
#pragma once

#include <mutex>
#include <string_view>

#include "base/siphash.h"
#include "base/time.h"
#include "listen/rate_accounts.h"
#include "shard/user_rates.h"

namespace switchboard::listen {

struct UserBuckets : session::UserRate {
  Instant full_at() const;
};

class UserAccounts final : public shard::UserRates {
 public:
  /// `clock` must outlive it and be callable from any thread.
  explicit UserAccounts(const Clock& clock);

  session::UserRate& open(std::string_view user_id) override;
  void close(session::UserRate& rate) override;
  /// Nothing is limited by user any more: what users without connections have used up is dropped.
  void forget();

  /// Users without connections that are remembered.
  std::size_t remembered() const;

  /// Users without connections that are remembered until they may do as much as ever: 13 MB.
  static constexpr std::size_t kRememberedMax = 65'536;

 private:
  using Accounts = RateAccounts<UserBuckets>;

  Accounts::Key key_of(std::string_view user_id) const;

  const Clock& clock_;
  // Users choose their names, or did at the back end: with secret keys none can be found that is another's. 128 bits
  // make sure that none is by chance.
  const HashKey keys_[2];
  // Not on the data path: twice in a connection's life.
  mutable std::mutex mutex_;
  Accounts accounts_{kRememberedMax};
};

}  // namespace switchboard::listen
