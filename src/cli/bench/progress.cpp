#include "cli/bench/progress.h"

#include <cstdio>
#include <unistd.h>

namespace switchboard::cli::bench {

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(const std::string& text, std::int64_t now_ns) {
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  is_shown_ = true;
  next_ns_ = now_ns + 500'000'000;
}

void Progress::clear() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

}  // namespace switchboard::cli::bench
