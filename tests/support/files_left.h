// How many files this process can still open, for tests of what happens without any.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace switchboard {

/// While it lives only so many more can be opened.
class FilesLeft {
 public:
  explicit FilesLeft(rlim_t count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    ::close(lowest_free);
    const rlimit now{.rlim_cur = static_cast<rlim_t>(lowest_free) + count, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &now);
  }
  ~FilesLeft() { setrlimit(RLIMIT_NOFILE, &before_); }
  FilesLeft(const FilesLeft&) = delete;
  FilesLeft& operator=(const FilesLeft&) = delete;

 private:
  rlimit before_{};
};

}  // namespace switchboard
