#include "broker/sqlite/mark.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/sqlite/row_check.h"

namespace switchboard::broker {
namespace {

constexpr std::string_view kMarkMagic = "SWBTMRK1";
constexpr std::size_t kRunBytes = 16;

/// The bytes in the file. No padding: every one of them is covered by `check`, which comes last.
struct Layout {
  char magic[8];
  char run[kRunBytes];
  char last_run[kRunBytes];
  std::uint64_t own_inode;
  std::int64_t own_born_ns;
  std::int64_t changed_ns;  // when this was written, as the file system should know it
  std::uint64_t database_inode;
  std::int64_t database_born_ns;
  std::int64_t database_written_ns;
  std::int64_t last_row;
  std::uint32_t log_salt;
  std::uint32_t log_frames;
  std::uint32_t state;
  std::uint32_t lost_sync;
  std::int64_t check;
};
static_assert(sizeof(Layout) == 120, "as in the file");

// The clock is read just before the write that it is to describe. One that was held up in between is written again.
constexpr std::int64_t kChangedLaterNs = 10'000'000;
constexpr std::int64_t kChangedEarlierNs = 2'000'000'000;  // file systems round down, the coarsest to two seconds
constexpr int kTries = 4;

/// What file systems stamp changes with.
std::int64_t coarse_now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

bool is_when_written(std::int64_t changed_ns, std::int64_t said_ns) {
  return changed_ns - said_ns <= kChangedLaterNs && said_ns - changed_ns <= kChangedEarlierNs;
}

std::int64_t check_of(const Layout& layout) {
  return row_check(std::string_view(reinterpret_cast<const char*>(&layout), offsetof(Layout, check)));
}

void set_text(char (&field)[kRunBytes], std::string_view text) {
  std::memcpy(field, text.data(), std::min(text.size(), kRunBytes));
}

std::string text_of(const char (&field)[kRunBytes]) {
  return std::string(field, strnlen(field, kRunBytes));
}

Layout layout_of(const MarkContent& content, const FileIdentity& own) {
  Layout layout{};
  std::memcpy(layout.magic, kMarkMagic.data(), kMarkMagic.size());
  set_text(layout.run, content.run);
  set_text(layout.last_run, content.last_run);
  layout.own_inode = own.inode;
  layout.own_born_ns = own.born_ns;
  layout.database_inode = content.database.inode;
  layout.database_born_ns = content.database.born_ns;
  layout.database_written_ns = content.database_written_ns;
  layout.last_row = content.last_row;
  layout.log_salt = content.log_salt;
  layout.log_frames = content.log_frames;
  layout.state = static_cast<std::uint32_t>(content.state);
  layout.lost_sync = content.lost_sync ? 1 : 0;
  return layout;
}

MarkContent content_of(const Layout& layout) {
  return {.state = static_cast<MarkContent::State>(layout.state),
          .run = text_of(layout.run),
          .last_run = text_of(layout.last_run),
          .database = {.inode = layout.database_inode, .born_ns = layout.database_born_ns},
          .database_written_ns = layout.database_written_ns,
          .last_row = layout.last_row,
          .log_salt = layout.log_salt,
          .log_frames = layout.log_frames,
          .lost_sync = layout.lost_sync != 0};
}

}  // namespace

Mark::Found Mark::find() const {
  Found found;
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) {
    found.exists = errno != ENOENT;
    return found;
  }
  found.exists = true;
  Layout layout{};
  const ssize_t bytes = ::pread(descriptor, &layout, sizeof layout, 0);
  const std::optional<FileFacts> facts = facts_of(descriptor);
  ::close(descriptor);
  if (bytes != sizeof layout || !facts || facts->bytes != sizeof layout) return found;
  if (std::string_view(layout.magic, sizeof layout.magic) != kMarkMagic || layout.check != check_of(layout))
    return found;
  found.content = content_of(layout);
  found.has_own_inode = facts->identity == FileIdentity{.inode = layout.own_inode, .born_ns = layout.own_born_ns};
  found.is_unchanged = is_when_written(facts->changed_ns, layout.changed_ns);
  return found;
}

int Mark::begin(const MarkContent& content) {
  close();
  const std::string fresh = path_ + ".new";
  ::unlink(fresh.c_str());
  descriptor_ = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) return errno;
  const auto fail = [&](int error) {
    close();
    ::unlink(fresh.c_str());
    return error;
  };
  const std::optional<FileFacts> facts = facts_of(descriptor_);
  if (!facts) return fail(errno);
  own_ = facts->identity;
  content_ = content;
  if (const int error = put()) return fail(error);
  if (::fdatasync(descriptor_) != 0) return fail(errno);
  // Renaming is a change, too.
  if (::rename(fresh.c_str(), path_.c_str()) != 0) return fail(errno);
  if (const int error = put()) return error;
  const std::string folder = std::filesystem::path(path_).parent_path();
  const int folder_descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_descriptor < 0) return errno;
  const int error = ::fsync(folder_descriptor) != 0 ? errno : 0;
  ::close(folder_descriptor);
  return error;
}

int Mark::write(const MarkContent& content) {
  content_ = content;
  return put();
}

int Mark::put() {
  Layout layout = layout_of(content_, own_);
  for (int tries = 0; tries < kTries; ++tries) {
    layout.changed_ns = coarse_now_ns();
    layout.check = check_of(layout);
    const ssize_t written = ::pwrite(descriptor_, &layout, sizeof layout, 0);
    if (written < 0) return errno;
    if (written != sizeof layout) return EIO;
    const std::optional<FileFacts> facts = facts_of(descriptor_);
    if (!facts) return EIO;
    if (is_when_written(facts->changed_ns, layout.changed_ns)) return 0;
  }
  return 0;  // the machine is very busy: at worst a mark that is doubted for nothing
}

bool Mark::is_in_place() const {
  const std::optional<FileFacts> facts = facts_of(path_);
  return facts && facts->identity == own_;
}

void Mark::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace switchboard::broker
