// Where the rooms' messages are kept. What of each room and for how long: room/settings.h.
#pragma once

#include <cstdint>

#include "broker/sqlite/settings.h"

namespace switchboard::config {

enum class HistoryBackend : std::uint8_t {
  kSqlite,  // a file in the data directory
  kMemory,  // gone with the process
};

struct HistorySettings {
  HistoryBackend backend = HistoryBackend::kSqlite;
  broker::SqliteSettings sqlite{.file = "messages.db"};  // a relative path begins in the data directory
};

}  // namespace switchboard::config
