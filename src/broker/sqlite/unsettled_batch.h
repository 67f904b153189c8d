// A batch of which nobody knows whether it was committed: its commit has failed, and an error of the disk says nothing
// about what is on it. What has to be known to find out once the file is open again, and to answer then.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/journal.h"
#include "broker/sqlite/staged_batch.h"
#include "broker/store.h"

namespace switchboard::broker {

class UnsettledBatch {
 public:
  /// `journal` has it staged. `answers`: one for each request, if it was committed. None when it held no message.
  static std::optional<UnsettledBatch> of(const Journal& journal, std::span<const StoreRequest> requests,
                                          const std::vector<StoreAnswer>& answers);

  /// The answers, now that the file says whether it has the batch: within a transaction of `database`, in which `batch`
  /// opens the rooms again, whose epochs may be others than they were. `refused` is how many publishes were not
  /// committed.
  std::vector<StoreAnswer> settle(Database& database, StagedBatch& batch, Instant now, std::uint64_t& refused);
  /// Nobody will ever know: refusals.
  std::vector<StoreAnswer> give_up() const;

 private:
  UnsettledBatch() = default;

  std::int64_t row_ = 0;  // of the journal, with its checksum
  std::int64_t check_ = 0;
  std::vector<StoreAnswer> answers_;   // if it was committed
  std::vector<std::string> room_ids_;  // of each answer's request
};

}  // namespace switchboard::broker
