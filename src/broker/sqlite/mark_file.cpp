#include "broker/sqlite/mark_file.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/sqlite/row_check.h"

namespace switchboard::broker {
namespace {

constexpr std::string_view kMagic = "SWBTMRK2";
constexpr std::string_view kEarlierMagic = "SWBTMRK1";  // one file without a number
constexpr std::size_t kRunBytes = 16;

/// The bytes in the file. No padding: every one of them is covered by the check that comes behind them.
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
  std::uint64_t number;
};
using Check = std::int64_t;
constexpr std::size_t kFileBytes = sizeof(Layout) + sizeof(Check);
constexpr std::size_t kEarlierFileBytes = offsetof(Layout, number) + sizeof(Check);
static_assert(kFileBytes == 128 && kEarlierFileBytes == 120, "as in the file");

// The clock is read just before the write that it is to describe. One that was held up in between is written again.
constexpr std::int64_t kChangedLaterNs = 10'000'000;
constexpr std::int64_t kChangedEarlierNs = 2'000'000'000;  // file systems round down, the coarsest to two seconds
constexpr int kTries = 4;

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

bool is_when_written(std::int64_t changed_ns, std::int64_t said_ns) {
  return changed_ns - said_ns <= kChangedLaterNs && said_ns - changed_ns <= kChangedEarlierNs;
}

void set_text(char (&field)[kRunBytes], std::string_view text) {
  std::memcpy(field, text.data(), std::min(text.size(), kRunBytes));
}

std::string text_of(const char (&field)[kRunBytes]) {
  return std::string(field, strnlen(field, kRunBytes));
}

Layout layout_of(const MarkContent& content, std::uint64_t number, const FileIdentity& own) {
  Layout layout{};
  std::memcpy(layout.magic, kMagic.data(), kMagic.size());
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
  layout.number = number;
  return layout;
}

/// None when these are not the bytes of a mark.
std::optional<Layout> layout_in(std::string_view file) {
  Layout layout{};
  if (file.size() != kFileBytes && file.size() != kEarlierFileBytes) return std::nullopt;
  const std::string_view said = file.substr(0, file.size() - sizeof(Check));
  std::memcpy(&layout, said.data(), said.size());
  Check check = 0;
  std::memcpy(&check, file.data() + said.size(), sizeof check);
  const std::string_view magic(layout.magic, sizeof layout.magic);
  if (magic != (file.size() == kFileBytes ? kMagic : kEarlierMagic) || check != row_check(said)) return std::nullopt;
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

MarkFile::Found MarkFile::find() const {
  Found found;
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) {
    found.exists = errno != ENOENT;
    return found;
  }
  found.exists = true;
  char buffer[kFileBytes + 1];
  const ssize_t bytes = ::pread(descriptor, buffer, sizeof buffer, 0);
  const std::optional<FileFacts> facts = facts_of(descriptor);
  ::close(descriptor);
  if (bytes < 0 || !facts) return found;
  const std::optional<Layout> layout = layout_in({buffer, static_cast<std::size_t>(bytes)});
  if (!layout) return found;
  found.number = layout->number;
  found.content = content_of(*layout);
  found.has_own_inode = facts->identity == FileIdentity{.inode = layout->own_inode, .born_ns = layout->own_born_ns};
  found.is_unchanged = is_when_written(facts->changed_ns, layout->changed_ns);
  return found;
}

int MarkFile::begin(const MarkContent& content, std::uint64_t number) {
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
  if (const int error = write(content, number).error) return fail(error);
  if (::fdatasync(descriptor_) != 0) return fail(errno);
  if (::rename(fresh.c_str(), path_.c_str()) != 0) return fail(errno);
  return write(content, number).error;  // renaming is a change, too
}

MarkFile::Written MarkFile::write(const MarkContent& content, std::uint64_t number) {
  Layout layout = layout_of(content, number, own_);
  char buffer[kFileBytes];
  for (int tries = 0; tries < kTries; ++tries) {
    layout.changed_ns = now_ns();
    std::memcpy(buffer, &layout, sizeof layout);
    const Check check = row_check(std::string_view(buffer, sizeof layout));
    std::memcpy(buffer + sizeof layout, &check, sizeof check);
    const ssize_t written = ::pwrite(descriptor_, buffer, sizeof buffer, 0);
    if (written < 0) return {.error = errno};
    if (written != sizeof buffer) return {.error = EIO};
    const std::optional<FileFacts> facts = facts_of(descriptor_);
    if (!facts) return {.error = EIO};
    if (is_when_written(facts->changed_ns, layout.changed_ns)) return {.is_settled = true};
  }
  return {};
}

bool MarkFile::is_in_place() const {
  const std::optional<FileFacts> facts = facts_of(path_);
  return facts && facts->identity == own_;
}

void MarkFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace switchboard::broker
