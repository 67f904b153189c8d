#include "session/rate_limiter.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"

namespace switchboard::session {
namespace {

using room::Operation;

struct Words {
  std::string_view name;
  std::string_view told;
};

/// In the order of the enumeration.
constexpr std::array<Words, kRateLimits> kWords = {{
    {"messages", "too many messages on this connection"},
    {"bytes", "too many bytes on this connection"},
    {"control_frames", "too many pings and pongs on this connection"},
    {"address_messages", "too many messages from this address"},
    {"address_bytes", "too many bytes from this address"},
    {"joins", "too many joins on this connection"},
    {"publishes", "too many publishes on this connection"},
    {"directs", "too many direct messages on this connection"},
    {"history", "too many history queries on this connection"},
    {"presence", "too many presence queries on this connection"},
    {"room_joins", "too many joins of rooms of this namespace on this connection"},
    {"room_publishes", "too many publishes to rooms of this namespace on this connection"},
    {"user_joins", "too many joins by this user"},
    {"user_publishes", "too many publishes by this user"},
    {"user_directs", "too many direct messages by this user"},
    {"user_history", "too many history queries by this user"},
    {"user_presence", "too many presence queries by this user"},
}};

RateLimit limit_of_connection(Operation operation) {
  return static_cast<RateLimit>(static_cast<std::size_t>(RateLimit::kJoins) + static_cast<std::size_t>(operation));
}

RateLimit limit_of_user(Operation operation) {
  return static_cast<RateLimit>(static_cast<std::size_t>(RateLimit::kUserJoins) + static_cast<std::size_t>(operation));
}

RateLimit limit_of_room(Operation operation) {
  return operation == Operation::kJoin ? RateLimit::kRoomJoins : RateLimit::kRoomPublishes;
}

}  // namespace

std::string_view name(RateLimit limit) {
  return kWords.at(static_cast<std::size_t>(limit)).name;
}

std::string_view words_of(RateLimit limit) {
  return kWords.at(static_cast<std::size_t>(limit)).told;
}

RateLimiter::RateLimiter(AddressRate* address) {
  if (address != nullptr) more().address = address;
}

void RateLimiter::set_user(UserRate& user) {
  More& own = more();
  SB_ASSERT(own.user == nullptr);
  own.user = &user;
}

RateLimiter::More& RateLimiter::more() {
  if (more_ == nullptr) more_ = std::make_unique<More>();
  return *more_;
}

RateLimiter::Verdict RateLimiter::take_message(Instant now, const RateSettings& settings) {
  if (settings.messages.limited()) {
    const Duration wait = more().messages.take(now, 1, settings.messages);
    if (wait > Duration::zero()) return {.wait = wait, .limit = RateLimit::kMessages};
  }
  if (address() != nullptr && settings.address_messages.limited()) {
    const Duration wait = address()->messages.take(now, 1, settings.address_messages);
    if (wait > Duration::zero()) return {.wait = wait, .limit = RateLimit::kAddressMessages};
  }
  return {};
}

RateLimiter::OperationBuckets& RateLimiter::operations() {
  More& own = more();
  if (own.operations == nullptr) own.operations = std::make_unique<OperationBuckets>();
  return *own.operations;
}

TokenBucket& RateLimiter::room_bucket(Instant now, const OperationLimits& limits) {
  std::vector<NamespaceBuckets>& all = operations().namespaces;
  auto found = std::ranges::find(all, limits.namespace_hash, &NamespaceBuckets::namespace_hash);
  if (found == all.end()) {
    // What is full again is as good as new: only namespaces in which something is used up take memory for long.
    std::erase_if(all, [now](const NamespaceBuckets& buckets) {
      return buckets.joins.full_at() <= now && buckets.publishes.full_at() <= now;
    });
    all.push_back({.namespace_hash = limits.namespace_hash, .joins = {}, .publishes = {}});
    found = std::prev(all.end());
  }
  return limits.operation == Operation::kJoin ? found->joins : found->publishes;
}

RateLimiter::Verdict RateLimiter::take_operation(Instant now, const OperationLimits& limits) {
  TokenBucket* const own =
      limits.connection.limited() ? &operations().connection[static_cast<std::size_t>(limits.operation)] : nullptr;
  TokenBucket* const room = limits.room.limited() ? &room_bucket(now, limits) : nullptr;
  SharedTokenBucket* const users = limits.user.limited() && user() != nullptr
                                       ? &user()->operations[static_cast<std::size_t>(limits.operation)]
                                       : nullptr;
  // All are asked before any gives: who is held back in one namespace does not use up what it may do elsewhere.
  Verdict verdict;
  if (own != nullptr) {
    verdict = {.wait = own->wait_for(now, 1, limits.connection), .limit = limit_of_connection(limits.operation)};
  }
  if (room != nullptr) {
    const Duration wait = room->wait_for(now, 1, limits.room);
    if (wait > verdict.wait) verdict = {.wait = wait, .limit = limit_of_room(limits.operation)};
  }
  if (users != nullptr) {
    const Duration wait = users->wait_for(now, 1, limits.user);
    if (wait > verdict.wait) verdict = {.wait = wait, .limit = limit_of_user(limits.operation)};
  }
  if (verdict.is_refused()) return verdict;
  if (users != nullptr) {
    // Another thread may have taken the last one since.
    const Duration wait = users->take(now, 1, limits.user);
    if (wait > Duration::zero()) return {.wait = wait, .limit = limit_of_user(limits.operation)};
  }
  if (own != nullptr) own->spend(now, 1, limits.connection);
  if (room != nullptr) room->spend(now, 1, limits.room);
  return {};
}

std::size_t RateLimiter::namespaces() const {
  return more_ == nullptr || more_->operations == nullptr ? 0 : more_->operations->namespaces.size();
}

bool RateLimiter::take_control_frame(Instant now, const RateSettings& settings) {
  return !settings.control_frames.limited() ||
         control_frames_.take(now, 1, settings.control_frames) == Duration::zero();
}

void RateLimiter::count_bytes(Instant now, std::uint64_t bytes, const RateSettings& settings) {
  if (settings.bytes.limited()) more().bytes.spend(now, bytes, settings.bytes);
  if (address() != nullptr && settings.address_bytes.limited())
    address()->bytes.spend(now, bytes, settings.address_bytes);
}

RateLimiter::Verdict RateLimiter::read_pause(Instant now, const RateSettings& settings) const {
  Verdict verdict;
  if (more_ == nullptr) return verdict;
  if (settings.bytes.limited()) {
    verdict = {.wait = more_->bytes.solvent_at(settings.bytes) - now, .limit = RateLimit::kBytes};
  }
  if (address() != nullptr && settings.address_bytes.limited()) {
    const Duration wait = address()->bytes.solvent_at(settings.address_bytes) - now;
    if (wait > verdict.wait) verdict = {.wait = wait, .limit = RateLimit::kAddressBytes};
  }
  return verdict;
}

}  // namespace switchboard::session
