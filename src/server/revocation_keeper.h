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

namespace switchboard::server {

/// The main thread's, but for `revoke`.
class RevocationKeeper final : public shard::Revoker {
 public:
  /// `wake`: has `run` called soon; any thread. The references must outlive it.
  RevocationKeeper(RevocationFile file, std::function<void()> wake, const Clock& clock, log::Log& log);

  /// Hands the shards what is in force already. Before they start.
  void begin(listen::ShardGroup& shards);
  /// Does what was asked since.
  void run();

  void revoke(const auth::Revocation& revocation, const shard::RevocationAsker& asker) override;

 private:
  using Wish = std::pair<auth::Revocation, shard::RevocationAsker>;

  void fulfil(const Wish& wish);
  void refuse(const shard::RevocationAsker& asker, protocol::ErrorCode code);

  RevocationFile file_;
  const std::function<void()> wake_;
  const Clock& clock_;
  log::Log& log_;
  listen::ShardGroup* shards_ = nullptr;
  auth::Revocations in_force_;

  std::mutex mutex_;
  std::vector<Wish> wishes_;
};

}  // namespace switchboard::server
