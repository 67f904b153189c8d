// The table `meta`: what the file says of itself, a value for each key, each with its checksum.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/sqlite/database.h"

namespace switchboard::broker {

inline constexpr std::string_view kJournalRemoved = "journal_removed";  // the last row that was taken out of it

/// None when there is no such key, or the row is damaged.
std::optional<std::int64_t> meta_integer(Database& database, std::string_view key);
std::optional<std::string> meta_text(Database& database, std::string_view key);

/// In a transaction.
template <class Value>
void set_meta(Database& database, std::string_view key, const Value& value) {
  Statement(database, "INSERT OR REPLACE INTO meta(key, value, checksum) VALUES(?1, ?2, row_check(?1, ?2))")
      .with(key, value)
      .run();
}

}  // namespace switchboard::broker
