// How much of the store's file is in use: against its bound, and to give back what is free. Knows nothing of what is in
// it. On the writer's thread, while the file is open.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/settings.h"

namespace switchboard::broker {

class FileSpace {
 public:
  /// `vacuum_pages_min`: so many free pages are not worth giving back. References must outlive it.
  FileSpace(Database& database, const SqliteSettings& settings, std::int64_t vacuum_pages_min);

  /// True when so much more may be written without coming too near to the file's bound. (Of what is large beside the
  /// bound itself only a part is counted: it is not worth everybody's history.) Cheap far from the bound; it counts on
  /// what was asked for being written.
  bool has_room_for(std::uint64_t bytes);
  std::uint64_t used_bytes();

  /// One slice of giving free pages back to the file system; false when there is none to do at the moment.
  bool vacuum(Instant now);

 private:
  struct Pages {
    std::int64_t all = 0;
    std::int64_t free = 0;
  };
  Pages count();

  Database& database_;
  const SqliteSettings& settings_;
  const std::int64_t vacuum_pages_min_;
  Statement page_count_;
  Statement free_count_;
  std::uint64_t page_bytes_;
  std::uint64_t used_at_most_ = UINT64_MAX / 2;  // not looked at yet
  Instant next_vacuum_{};
};

}  // namespace switchboard::broker
