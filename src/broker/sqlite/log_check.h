// SQLite's write-ahead log, as far as one must know it to see that it has lost its end: how many frames of it SQLite
// would find when nobody has it open. (https://www.sqlite.org/fileformat2.html#the_write_ahead_log)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace switchboard::broker {

struct LogHeader {
  std::uint32_t salt = 0;  // the first one: one more each time the log is begun anew
  std::uint32_t page_bytes = 0;
};
/// None when there is no log, or it has no header.
std::optional<LogHeader> log_header(int descriptor);

/// Bytes of a log with that many frames.
std::uint64_t log_bytes(std::uint32_t frames, std::uint32_t page_bytes);

struct LogContent {
  std::uint32_t salt = 0;
  std::uint32_t frames = 0;  // up to the last one that ends a transaction and whose checksum is right
};
/// Reads all of it. None when there is none.
std::optional<LogContent> read_log(const std::string& path);

}  // namespace switchboard::broker
