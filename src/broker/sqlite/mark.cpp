#include "broker/sqlite/mark.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace switchboard::broker {

Mark::Found Mark::find() {
  const MarkFile::Found first = files_[0].find();
  const MarkFile::Found second = files_[1].find();
  number_ = std::max(first.number, second.number);
  const MarkFile::Found& newest = second.number > first.number ? second : first;
  // The first one is made first, so it is never missing alone. The second one is: beside the mark of an earlier
  // version, and after a kill in between.
  const bool is_damaged = !first.content || (second.exists && !second.content);
  return {.exists = first.exists,
          .has_own_inode = first.has_own_inode && (second.has_own_inode || !second.exists),
          .is_unchanged = first.is_unchanged || second.is_unchanged,
          .content = is_damaged ? std::nullopt : newest.content};
}

int Mark::begin(const MarkContent& content) {
  for (MarkFile& file : files_) {
    if (const int error = file.begin(content, ++number_)) return error;
  }
  next_ = 0;
  const std::string folder = std::filesystem::path(path()).parent_path();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int error = ::fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  return error;
}

int Mark::write(const MarkContent& content) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    MarkFile& file = files_[next_];
    next_ = (next_ + 1) % files_.size();
    const MarkFile::Written written = file.write(content, ++number_);
    if (written.error != 0) return written.error;
    // Else a kill while the other one is written would leave both as if somebody had changed them.
    if (written.is_settled) return 0;
  }
  return 0;  // at worst a mark that is doubted for nothing
}

std::string Mark::replaced() const {
  for (const MarkFile& file : files_) {
    if (!file.is_in_place() && facts_of(file.path())) return file.path();
  }
  return "";
}

void Mark::close() {
  for (MarkFile& file : files_)
    file.close();
}

}  // namespace switchboard::broker
