#include "broker/sqlite/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace switchboard::broker {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

std::int64_t ns_of(const struct statx_timestamp& time) {
  return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

std::optional<FileFacts> look(int folder, const char* path, int flags) {
  struct statx found{};
  if (statx(folder, path, flags, STATX_BASIC_STATS | STATX_BTIME, &found) != 0) return std::nullopt;
  return FileFacts{
      .identity = {.inode = found.stx_ino, .born_ns = (found.stx_mask & STATX_BTIME) != 0 ? ns_of(found.stx_btime) : 0},
      .bytes = found.stx_size,
      .links = found.stx_nlink,
      .written_ns = ns_of(found.stx_mtime),
      .changed_ns = ns_of(found.stx_ctime)};
}

}  // namespace

std::optional<FileFacts> facts_of(const std::string& path) {
  return look(AT_FDCWD, path.c_str(), 0);
}

std::optional<FileFacts> facts_of(int descriptor) {
  return look(descriptor, "", AT_EMPTY_PATH);
}

}  // namespace switchboard::broker
