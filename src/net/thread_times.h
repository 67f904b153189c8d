// What the kernel's scheduler has given one thread.
#pragma once

#include <optional>

#include "base/time.h"
#include "net/file_descriptor.h"

namespace switchboard::net {

class ThreadTimes {
 public:
  struct Times {
    Duration ran{};     // on a processor; while it does, up to the scheduler's last tick
    Duration waited{};  // ready to, and without one: complete once it has got it
  };

  /// Of the calling thread.
  ThreadTimes();
  /// Since that thread began; nullopt when it has ended, or where the kernel does not tell. Any thread.
  std::optional<Times> read() const;

 private:
  FileDescriptor file_;
};

}  // namespace switchboard::net
