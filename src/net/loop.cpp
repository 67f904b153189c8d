#include "net/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "base/assert.h"

namespace switchboard::net {
namespace {

constexpr std::uint64_t kWakeToken = std::numeric_limits<std::uint64_t>::max();
// One turn handles at most so many sockets, so that a flood of input cannot keep the sweep from its turn.
constexpr int kEventsPerWait = 256;
constexpr std::uint32_t kStreamEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

FileDescriptor checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return FileDescriptor(fd);
}

bool control(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t token) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace

Loop::Loop()
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_up_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  ready_.reserve(kEventsPerWait);
  // Edge-triggered: every write is a new edge, so the counter never has to be read back.
  if (!control(epoll_.get(), EPOLL_CTL_ADD, wake_up_.get(), EPOLLIN | EPOLLET, kWakeToken)) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

bool Loop::add_stream(int fd, std::uint64_t token) {
  SB_ASSERT(token != kWakeToken);
  return control(epoll_.get(), EPOLL_CTL_ADD, fd, kStreamEvents, token);
}

bool Loop::change_stream(int fd, std::uint64_t token) {
  return control(epoll_.get(), EPOLL_CTL_MOD, fd, kStreamEvents, token);
}

bool Loop::add_source(int fd, std::uint64_t token) {
  SB_ASSERT(token != kWakeToken);
  return control(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN, token);
}

bool Loop::add_shared_source(int fd, std::uint64_t token) {
  SB_ASSERT(token != kWakeToken);
  return control(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE, token);
}

void Loop::remove(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

// It is watched, so nothing but its events changes: a source that stayed on would spin, one that stayed off be deaf.

void Loop::disable_source(int fd, std::uint64_t token) {
  const bool is_changed = control(epoll_.get(), EPOLL_CTL_MOD, fd, 0U, token);
  SB_ASSERT(is_changed);
}

void Loop::enable_source(int fd, std::uint64_t token) {
  const bool is_changed = control(epoll_.get(), EPOLL_CTL_MOD, fd, std::uint32_t{EPOLLIN}, token);
  SB_ASSERT(is_changed);
}

std::span<const Readiness> Loop::wait(std::optional<Duration> timeout) {
  int timeout_ms = -1;
  if (timeout) {
    const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>(rounded_up, 0, 60'000));
  }
  std::array<epoll_event, kEventsPerWait> events;
  const int count = epoll_wait(epoll_.get(), events.data(), kEventsPerWait, timeout_ms);
  ready_.clear();
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == kWakeToken) continue;
    const std::uint32_t bits = events[i].events;
    ready_.push_back({.token = events[i].data.u64,
                      .readable = (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
                      .writable = (bits & EPOLLOUT) != 0,
                      .hung_up = (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0});
  }
  return ready_;
}

void Loop::wake() {
  const std::uint64_t one = 1;
  // A full counter (EAGAIN) still leaves the descriptor readable: the wake-up is not lost.
  [[maybe_unused]] const auto written = ::write(wake_up_.get(), &one, sizeof one);
}

}  // namespace switchboard::net
