// What an operator decides about the embedded store. Retention and durability are the namespaces' (room/settings.h).
#pragma once

#include <cstdint>
#include <string>

namespace switchboard::broker {

/// What becomes of space in the file that trimming has freed. It is used again in any case.
enum class Vacuum : std::uint8_t {
  kIncremental,  // it is given back to the file system in the background, little by little
  kNone,         // the file keeps the size it once had
};

struct SqliteSettings {
  std::string file;                             // path; made when it does not exist, its folder must
  std::uint32_t dedup_window_ms = 300'000;      // 1 s to 1 day; a key is known for once to twice as long
  std::uint32_t dedup_records_max = 8'000'000;  // 1,000 to 100,000,000; with more keys than that the window is shorter
  std::uint64_t store_bytes_max = 10ull << 30;  // of the file, 64 MiB up; the oldest messages of all rooms go first
  Vacuum vacuum = Vacuum::kIncremental;
  std::uint32_t batch_messages_max = 4'096;  // in one transaction, 1 to 65,536
  std::uint32_t batch_bytes_max = 4u << 20;  // contents in one transaction, about; one always fits
  std::uint64_t pending_bytes_max =
      32u << 20;  // contents under way, per shard; more is refused until some are answered
};

}  // namespace switchboard::broker
