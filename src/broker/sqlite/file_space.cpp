#include "broker/sqlite/file_space.h"

#include <algorithm>
#include <chrono>

namespace switchboard::broker {
namespace {

constexpr std::uint64_t kOtherBytesMax = 64u << 10;  // that a transaction adds besides its messages
constexpr Duration kVacuumPause = std::chrono::seconds(1);

}  // namespace

FileSpace::FileSpace(Database& database, const SqliteSettings& settings, std::int64_t vacuum_pages_min)
    : database_(database),
      settings_(settings),
      vacuum_pages_min_(vacuum_pages_min),
      page_count_(database, "PRAGMA page_count"),
      free_count_(database, "PRAGMA freelist_count"),
      page_bytes_(static_cast<std::uint64_t>(database.integer("PRAGMA page_size"))) {}

FileSpace::Pages FileSpace::count() {
  page_count_.with();
  free_count_.with();
  const Pages pages{.all = page_count_.next() ? page_count_.integer(0) : 0,
                    .free = free_count_.next() ? free_count_.integer(0) : 0};
  page_count_.reset();
  free_count_.reset();
  return pages;
}

std::uint64_t FileSpace::used_bytes() {
  const Pages pages = count();
  // The database may have failed in between.
  return static_cast<std::uint64_t>(std::max<std::int64_t>(pages.all - pages.free, 0)) * page_bytes_;
}

bool FileSpace::has_room_for(std::uint64_t bytes) {
  const std::uint64_t bound = settings_.store_bytes_max;
  const std::uint64_t most = bound - bound / 8 - std::min(bytes, bound / 8);
  // Far from the bound it is enough to know how much that can have become. Messages are written twice, into the journal
  // and into blocks.
  used_at_most_ += 2 * bytes + kOtherBytesMax;
  if (used_at_most_ <= most) return true;
  const std::uint64_t used = used_bytes();
  used_at_most_ = used + 2 * bytes;
  return used <= most;
}

bool FileSpace::vacuum(Instant now) {
  if (settings_.vacuum != Vacuum::kIncremental || now < next_vacuum_) return false;
  next_vacuum_ = now + kVacuumPause;
  const Pages pages = count();
  if (pages.free <= std::max(vacuum_pages_min_, pages.all / 8)) return false;
  next_vacuum_ = now + kVacuumPause / 40;
  database_.run("PRAGMA incremental_vacuum(128)");
  return true;
}

}  // namespace switchboard::broker
