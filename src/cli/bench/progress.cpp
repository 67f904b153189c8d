#include "cli/bench/progress.h"

#include <cstdio>
#include <unistd.h>

namespace switchboard::cli::bench {
namespace {

constexpr std::int64_t kTerminalNs = 500'000'000;
constexpr std::int64_t kLineNs = 5'000'000'000;

}  // namespace

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(const std::string& text, std::int64_t now_ns) {
  if (is_terminal_) {
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  is_shown_ = true;
  next_ns_ = now_ns + (is_terminal_ ? kTerminalNs : kLineNs);
}

void Progress::clear() {
  if (is_shown_ && is_terminal_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

}  // namespace switchboard::cli::bench
