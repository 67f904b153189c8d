// Revocations, from the shard that was asked for one to the disk and to every shard.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "auth/revocations.h"
#include "base/time.h"
#include "listen/shard_group.h"
#include "log/log.h"
#include "server/revocation_file.h"
#include "shard/revoker.h"
#include "webhook/inbox.h"

namespace switchboard::server {

/// The main thread's, but for `revoke`.
class RevocationKeeper final : public shard::Revoker {
 public:
  /// `wake`: has `run` called soon; any thread. `told`: of each that has taken effect. The references must outlive it.
  RevocationKeeper(RevocationFile file, std::function<void()> wake, const Clock& clock, log::Log& log,
                   webhook::Inbox& told);

  /// Hands the shards what is in force already. Before they start.
  void begin(listen::ShardGroup& shards);
  /// Does what was asked since.
  void run();

  void revoke(const auth::Revocation& revocation, const shard::ApiAsker& asker) override;

 private:
  using Wish = std::pair<auth::Revocation, shard::ApiAsker>;

  void fulfil(const Wish& wish);
  void refuse(const shard::ApiAsker& asker, protocol::ErrorCode code, std::string detail);

  RevocationFile file_;
  const std::function<void()> wake_;
  const Clock& clock_;
  log::Log& log_;
  webhook::Inbox& told_;
  listen::ShardGroup* shards_ = nullptr;
  auth::Revocations in_force_;

  std::mutex mutex_;
  std::vector<Wish> wishes_;
};

}  // namespace switchboard::server
