#include "cli/standard_streams.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "cli/options.h"

namespace switchboard::cli {

void fill_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // open() takes the lowest number that is free, which is this one. Opened the wrong way round, so that whoever uses
    // it still meets EBADF instead of losing what it writes without a word.
    [[maybe_unused]] const int filled = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int finish_output(int exit_code) {
  const bool had_failed = std::ferror(stdout) != 0;
  errno = 0;
  if (std::fflush(stdout) == 0 && !had_failed) return exit_code;
  std::fprintf(stderr, "switchboard: cannot write to standard output%s%s\n", errno == 0 ? "" : ": ",
               errno == 0 ? "" : std::strerror(errno));
  return exit_code == kExitSuccess ? kExitFailure : exit_code;
}

}  // namespace switchboard::cli
