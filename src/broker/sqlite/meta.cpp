#include "broker/sqlite/meta.h"

namespace switchboard::broker {
namespace {

constexpr std::string_view kRead = "SELECT value FROM meta WHERE key = ? AND checksum = row_check(key, value)";

}  // namespace

std::optional<std::int64_t> meta_integer(Database& database, std::string_view key) {
  Statement statement(database, kRead);
  if (!statement.with(key).next()) return std::nullopt;
  return statement.integer(0);
}

std::optional<std::string> meta_text(Database& database, std::string_view key) {
  Statement statement(database, kRead);
  if (!statement.with(key).next()) return std::nullopt;
  return std::string(statement.bytes(0));
}

}  // namespace switchboard::broker
