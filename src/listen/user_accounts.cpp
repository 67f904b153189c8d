#include "listen/user_accounts.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"

namespace switchboard::listen {

Instant UserBuckets::full_at() const {
  Instant all{};
  for (const SharedTokenBucket& bucket : operations)
    all = std::max(all, bucket.full_at());
  return all;
}

UserAccounts::UserAccounts(const Clock& clock)
    : clock_(clock), keys_{{kernel_random(), kernel_random()}, {kernel_random(), kernel_random()}} {}

UserAccounts::Accounts::Key UserAccounts::key_of(std::string_view user_id) const {
  const std::uint64_t halves[] = {siphash13(keys_[0], user_id), siphash13(keys_[1], user_id)};
  Accounts::Key key;
  static_assert(sizeof(halves) == sizeof(key));
  std::memcpy(key.data(), halves, sizeof(halves));
  return key;
}

session::UserRate& UserAccounts::open(std::string_view user_id) {
  const Accounts::Key key = key_of(user_id);
  const std::scoped_lock lock(mutex_);
  return accounts_.open(key, clock_.now());
}

void UserAccounts::close(session::UserRate& rate) {
  const std::scoped_lock lock(mutex_);
  accounts_.close(static_cast<Accounts::Account&>(rate), clock_.now());
}

void UserAccounts::forget() {
  const std::scoped_lock lock(mutex_);
  accounts_.forget();
}

std::size_t UserAccounts::remembered() const {
  const std::scoped_lock lock(mutex_);
  return accounts_.remembered();
}

}  // namespace switchboard::listen
