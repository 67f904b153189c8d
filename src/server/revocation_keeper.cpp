#include "server/revocation_keeper.h"

namespace switchboard::server {
namespace {

constexpr std::size_t kLinesSpare = 10'000;  // before the file is written anew

}  // namespace

RevocationKeeper::RevocationKeeper(RevocationFile file, std::function<void()> wake, const Clock& clock, log::Log& log,
                                   webhook::Inbox& told)
    : file_(std::move(file)), wake_(std::move(wake)), clock_(clock), log_(log), told_(told) {
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

void RevocationKeeper::revoke(const auth::Revocation& revocation, const shard::ApiAsker& asker) {
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
  if (!in_force_.has_room(now)) {
    return refuse(asker, protocol::ErrorCode::kLimitReached, "there are as many revocations as may be");
  }
  if (const auto kept = file_.append(revocation); !kept) {
    log_.error("a revocation cannot be kept", {{"problem", kept.error()}});
    return refuse(asker, protocol::ErrorCode::kUnavailable, "the revocation cannot be kept: see the server's log");
  }
  in_force_.add(revocation, now);
  if (file_.lines() > 2 * in_force_.size() + kLinesSpare) {
    in_force_.forget_ended(now);
    if (const auto kept = file_.keep_only(in_force_); !kept) {
      log_.error("revocations cannot be written anew", {{"problem", kept.error()}});
    }
  }
  shards_->revoke(revocation, [this, revocation, asker](std::uint64_t closed) {
    if (revocation.room_id.empty()) {
      log_.info("token revoked", {{"user", revocation.user_id}, {"connections", closed}});
    } else {
      log_.info("room revoked", {{"room", revocation.room_id}, {"user", revocation.user_id}, {"connections", closed}});
    }
    told_.on_revoked(revocation, closed);
    shards_->post(asker.shard, [asker, closed](shard::Shard& shard) {
      shard.on_api_done(asker.client, asker.request, R"({"connections":)" + std::to_string(closed) + "}");
    });
  });
}

void RevocationKeeper::refuse(const shard::ApiAsker& asker, protocol::ErrorCode code, std::string detail) {
  api::Problem problem = api::problem_of(code);
  problem.detail = std::move(detail);
  shards_->post(asker.shard, [asker, problem = std::move(problem)](shard::Shard& shard) {
    shard.on_api_done(asker.client, asker.request, std::unexpected(problem));
  });
}

}  // namespace switchboard::server
