// Which file lies at a path: not by its name, which a copy may have, but by what no copy can have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace switchboard::broker {

struct FileIdentity {
  std::uint64_t inode = 0;
  std::int64_t born_ns = 0;  // Unix nanoseconds; 0 where the file system does not know
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct FileFacts {
  FileIdentity identity;
  std::uint64_t bytes = 0;
  std::uint32_t links = 0;
  std::int64_t written_ns = 0;  // mtime
  std::int64_t changed_ns = 0;  // ctime: nobody can set it
};

/// None when there is no such file, or it cannot be looked at. Opens nothing: SQLite's locks end with any descriptor of
/// its file that is closed.
std::optional<FileFacts> facts_of(const std::string& path);
std::optional<FileFacts> facts_of(int descriptor);

}  // namespace switchboard::broker
