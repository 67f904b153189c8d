#include "net/regular_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/file_descriptor.h"

namespace switchboard::net {
namespace {

std::unexpected<std::string> failure(int error) {
  return std::unexpected(std::string("cannot be read: ") + std::strerror(error));
}

/// "" for a regular file.
const char* other_kind(mode_t mode) {
  if (S_ISREG(mode)) return "";
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe (FIFO)";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

std::expected<std::string, std::string> read_regular_file(const std::string& path) {
  struct stat status{};
  const auto check = [&]() -> std::expected<void, std::string> {
    const std::string kind = other_kind(status.st_mode);
    if (!kind.empty()) return std::unexpected("is " + kind + ", not a file");
    if (status.st_size > static_cast<off_t>(kRegularFileBytesMax)) return std::unexpected("is larger than 1 MiB");
    return {};
  };
  // Asked by name first: to open a device may do something. Without blocking, in case it is another file by then.
  if (::stat(path.c_str(), &status) != 0) return failure(errno);
  if (auto fine = check(); !fine) return std::unexpected(fine.error());
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return failure(errno);
  if (auto fine = check(); !fine) return std::unexpected(fine.error());

  // One byte more than may be, because some files (/proc) have no size to be asked for.
  std::string text(kRegularFileBytesMax + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kRegularFileBytesMax) return std::unexpected("is larger than 1 MiB");
  text.resize(size);
  return text;
}

}  // namespace switchboard::net
