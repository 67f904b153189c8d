#include "broker/sqlite/journal_check.h"

#include <optional>
#include <vector>

#include "broker/sqlite/meta.h"
#include "broker/sqlite/row_check.h"

namespace switchboard::broker {

JournalFindings inspect_journal(Database& database) {
  const std::optional<std::int64_t> removed = meta_integer(database, kJournalRemoved);
  JournalFindings findings{.last_row = removed.value_or(0)};
  struct Link {
    std::int64_t row;
    std::int64_t previous;
  };
  std::vector<std::int64_t> damaged;
  std::vector<Link> broken;
  {
    Statement rows(database, "SELECT id, previous, checksum, messages FROM journal ORDER BY id");
    rows.with();
    while (rows.next()) {
      const std::int64_t row = rows.integer(0);
      if (rows.integer(2) != row_check(row, rows.bytes(3))) {
        damaged.push_back(row);
        continue;
      }
      if (rows.integer(1) != findings.last_row) broken.push_back({row, findings.last_row});
      findings.last_row = row;
    }
  }
  for (const std::int64_t row : damaged)
    Statement(database, "DELETE FROM journal WHERE id = ?").with(row).run();
  for (const Link& link : broken)
    Statement(database, "UPDATE journal SET previous = ? WHERE id = ?").with(link.previous, link.row).run();
  if (!removed.has_value()) set_meta(database, kJournalRemoved, std::int64_t{0});  // as the chain says from here on
  findings.damaged = damaged.size();
  findings.holes = broken.size();
  return findings;
}

}  // namespace switchboard::broker
