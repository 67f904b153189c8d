#include "base/assert.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <unistd.h>

namespace switchboard {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  char text[1'024];
  const int length = std::snprintf(
      text, sizeof text, "switchboard: broken invariant `%s` at %s:%d; please report this\n", expression, file, line);
  // The process must end even if nobody reads its standard error: a full pipe would keep it for ever.
  pollfd descriptor{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (length > 0 && ::poll(&descriptor, 1, 0) == 1 && (descriptor.revents & POLLOUT) != 0) {
    const auto size = std::min(static_cast<std::size_t>(length), sizeof text - 1);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, size);
  }
  std::abort();
}

}  // namespace switchboard
