// Who makes a revocation last and has it take effect everywhere: not a shard, which must not wait for a disk.
#pragma once

#include "auth/revocations.h"
#include "protocol/error.h"
#include "shard/api_asker.h"

namespace switchboard::shard {

class Revoker {
 public:
  /// Ends in `ApiRequests::on_done` on the asker's shard, once it is on the disk and every shard has closed whom it
  /// concerns. Any thread; does not block.
  virtual void revoke(const auth::Revocation& revocation, const ApiAsker& asker) = 0;

 protected:
  ~Revoker() = default;
};

}  // namespace switchboard::shard
