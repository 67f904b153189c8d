#include "server/revocation_keeper.h"

namespace switchboard::server {
namespace {

constexpr std::size_t kLinesSpare = 10'000;  // before the file is written anew

}  // namespace

RevocationKeeper::RevocationKeeper(RevocationFile file, std::function<void()> wake, const Clock& clock, log::Log& log)
    : file_(std::move(file)), wake_(std::move(wake)), clock_(clock), log_(log) {
  for (const auth::Revocation& revocation : file_.found())
    in_force_.add(revocation, clock_.unix_ms());
  for (const std::size_t line : file_.unread())
    log_.error("a revocation cannot be read: a token that it was about may be good again",
               {{"file", "revocations.jsonl"}, {"line", line}});
}

void RevocationKeeper::begin(listen::ShardGroup& shards) {
  shards_ = &shards;
  in_force_.for_each([&](const auth::Revocation& revocation) { shards.revoke(revocation, [](std::uint64_t) {}); });
}

void RevocationKeeper::revoke(const auth::Revocation& revocation, const shard::RevocationAsker& asker) {
  {
    const std::scoped_lock lock(mutex_);
    wishes_.emplace_back(revocation, asker);
  }
  wake_();
}

void RevocationKeeper::run() {
  std::vector<Wish> wishes;
  {
    const std::scoped_lock lock(mutex_);
    wishes.swap(wishes_);
  }
  for (const Wish& wish : wishes)
    fulfil(wish);
}

/// On the disk first: who is told that it holds must not find it gone after a restart.
void RevocationKeeper::fulfil(const Wish& wish) {
  const auto& [revocation, asker] = wish;
  const UnixMillis now = clock_.unix_ms();
  if (!in_force_.has_room(now)) return refuse(asker, protocol::ErrorCode::kLimitReached);
  if (const auto kept = file_.append(revocation); !kept) {
    log_.error("a revocation cannot be kept", {{"problem", kept.error()}});
    return refuse(asker, protocol::ErrorCode::kUnavailable);
  }
  in_force_.add(revocation, now);
  if (file_.lines() > 2 * in_force_.size() + kLinesSpare) {
    in_force_.forget_ended(now);
    if (const auto kept = file_.keep_only(in_force_); !kept) {
      log_.error("revocations cannot be written anew", {{"problem", kept.error()}});
    }
  }
  shards_->revoke(revocation, [shards = shards_, asker = asker, &log = log_, user = revocation.user_id,
                               room = revocation.room_id](std::uint64_t closed) {
    if (room.empty()) {
      log.info("token revoked", {{"user", user}, {"connections", closed}});
    } else {
      log.info("room revoked", {{"room", room}, {"user", user}, {"connections", closed}});
    }
    shards->post(asker.shard,
                 [asker, closed](shard::Shard& shard) { shard.on_revoked(asker.client, asker.request, closed); });
  });
}

void RevocationKeeper::refuse(const shard::RevocationAsker& asker, protocol::ErrorCode code) {
  shards_->post(asker.shard, [asker, code](shard::Shard& shard) {
    shard.on_revoked(asker.client, asker.request, std::unexpected(code));
  });
}

}  // namespace switchboard::server
