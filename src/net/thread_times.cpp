#include "net/thread_times.h"

#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace switchboard::net {

ThreadTimes::ThreadTimes() : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}

std::optional<ThreadTimes::Times> ThreadTimes::read() const {
  // "ran waited slices", of which the first two are nanoseconds (the kernel's sched-stats documentation).
  char text[128];
  const ssize_t size = file_.is_open() ? ::pread(file_.get(), text, sizeof text, 0) : -1;
  if (size <= 0) return std::nullopt;
  const char* const end = text + size;
  std::int64_t ran_ns = 0;
  std::int64_t waited_ns = 0;
  const auto ran = std::from_chars(text, end, ran_ns);
  if (ran.ec != std::errc() || ran.ptr == end) return std::nullopt;
  const auto waited = std::from_chars(ran.ptr + 1, end, waited_ns);
  if (waited.ec != std::errc()) return std::nullopt;
  return Times{.ran = Duration(ran_ns), .waited = Duration(waited_ns)};
}

}  // namespace switchboard::net
