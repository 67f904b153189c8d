// The signals that steer the process, taken as readiness of a descriptor instead of interrupting anything.
#pragma once

#include <optional>

#include "net/file_descriptor.h"

namespace switchboard::server {

enum class Signal { kTerminate, kReload };

class Signals {
 public:
  /// Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it will start, and ignores SIGPIPE and SIGXFSZ. Before
  /// any thread is started. Throws std::system_error.
  Signals();

  int fd() const { return fd_.get(); }
  /// The next signal that has come, if any.
  std::optional<Signal> take();

 private:
  net::FileDescriptor fd_;
};

}  // namespace switchboard::server
