// Who makes a revocation last and has it take effect everywhere: not a shard, which must not wait for a disk.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "auth/revocations.h"
#include "base/slot_table.h"
#include "protocol/error.h"

namespace switchboard::shard {

/// A connection to the API, and which of its requests it is.
struct RevocationAsker {
  std::uint32_t shard = 0;
  SlotId client;
  std::uint64_t request = 0;
};

class Revoker {
 public:
  /// Ends in `ApiRequests::on_revoked` on the asker's shard, once it is on the disk and every shard has closed whom it
  /// concerns. Any thread; does not block.
  virtual void revoke(const auth::Revocation& revocation, const RevocationAsker& asker) = 0;

 protected:
  ~Revoker() = default;
};

}  // namespace switchboard::shard
