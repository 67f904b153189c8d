#include "broker/sqlite/doorbell.h"

#include <algorithm>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"

namespace switchboard::broker {

Doorbell::Doorbell() : event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  SB_ASSERT(event_fd_ >= 0);  // at start-up only
}

Doorbell::~Doorbell() {
  close(event_fd_);
}

void Doorbell::wake() {
  const std::uint64_t one = 1;
  // It can only fail because it was rung already.
  static_cast<void>(write(event_fd_, &one, sizeof(one)) == sizeof(one));
}

void Doorbell::sleep(Duration timeout) {
  const auto ns = std::max<std::int64_t>(timeout.count(), 0);
  const timespec limit{.tv_sec = static_cast<time_t>(ns / 1'000'000'000),
                       .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
  pollfd descriptor{.fd = event_fd_, .events = POLLIN, .revents = 0};
  if (ppoll(&descriptor, 1, &limit, nullptr) <= 0) return;
  std::uint64_t rings = 0;
  static_cast<void>(read(event_fd_, &rings, sizeof(rings)) == sizeof(rings));
}

}  // namespace switchboard::broker
