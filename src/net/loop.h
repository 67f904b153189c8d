// Readiness of many sockets and a wake-up from other threads: a thin layer over epoll and eventfd. It knows nothing of
// what the sockets are for: a readiness carries the 64-bit token that it was registered with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "net/file_descriptor.h"

namespace switchboard::net {

struct Readiness {
  std::uint64_t token = 0;
  bool readable = false;  // also set when the peer has closed or the socket failed: the next read tells
  bool writable = false;
  bool hung_up = false;  // the peer has finished sending, or the connection is gone: read to the end
};

/// One thread's. Only `wake` may be called from another.
class Loop {
 public:
  /// Throws std::system_error when the kernel has no descriptor left (start-up only).
  Loop();

  /// A connected socket, edge-triggered for reading and writing. False when the kernel refuses.
  bool add_stream(int fd, std::uint64_t token);
  /// A listening socket or any other descriptor to read, level-triggered. Can be switched off, and on again.
  bool add_source(int fd, std::uint64_t token);
  void disable_source(int fd, std::uint64_t token);
  void enable_source(int fd, std::uint64_t token);
  /// The same for a listening socket that other loops wait on, too: one of those that wait is woken, not all.
  bool add_shared_source(int fd, std::uint64_t token);
  /// From now on what concerns a stream is reported under another token; what lies there already is reported again.
  bool change_stream(int fd, std::uint64_t token);
  void remove(int fd);

  /// Waits up to `timeout` (none: until something happens; zero: not at all; rounded up to a millisecond).
  /// The result is valid until the next call. A wake-up ends the wait and is not in the result.
  std::span<const Readiness> wait(std::optional<Duration> timeout);

  /// Ends the current or next `wait`. Any thread; cheap, but a system call: only when the loop may sleep.
  void wake();

 private:
  FileDescriptor epoll_;
  FileDescriptor wake_up_;
  std::vector<Readiness> ready_;
};

}  // namespace switchboard::net
