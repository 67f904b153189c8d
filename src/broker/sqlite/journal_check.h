// Looks at every row of the table `journal` before anything is taken from it: whether it is what was written, and
// whether one is missing.
#pragma once

#include <cstdint>

#include "broker/sqlite/database.h"

namespace switchboard::broker {

struct JournalFindings {
  std::uint64_t damaged = 0;  // rows that are not what was written
  std::uint64_t holes = 0;    // places where rows are missing
  std::int64_t last_row = 0;  // the last transaction that is known
};

/// In a transaction. Damaged rows are taken out of the file, and the chain of the others is put in order again, so that
/// the same is not found once more. Rows missing at the end are not missed here: the file's mark knows.
JournalFindings inspect_journal(Database& database);

}  // namespace switchboard::broker
