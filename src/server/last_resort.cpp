#include "server/last_resort.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace switchboard::server {
namespace {

net::FileDescriptor checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return net::FileDescriptor(fd);
}

void ring(int event_fd) {
  const std::uint64_t one = 1;
  // It can only fail because it was rung already.
  static_cast<void>(::write(event_fd, &one, sizeof one) == sizeof one);
}

net::FileDescriptor open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of that write
  return checked(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
}

}  // namespace

LastResort::LastResort(LastWords last_words, Duration limit, const Clock& clock)
    : last_words_(std::move(last_words)),
      clock_(clock),
      signals_(open_signals()),
      told_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      finish_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      limit_ns_(limit.count()) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "last-resort");
}

LastResort::~LastResort() {
  ring(finish_.get());
  thread_.join();
}

std::optional<Signal> LastResort::take() {
  std::uint64_t rings = 0;
  static_cast<void>(::read(told_.get(), &rings, sizeof rings) == sizeof rings);
  // After the counter was read: what comes later rings again.
  if (has_terminate_.exchange(false, std::memory_order_acquire)) return Signal::kTerminate;
  if (has_reload_.exchange(false, std::memory_order_acquire)) return Signal::kReload;
  return std::nullopt;
}

std::optional<Instant> LastResort::deadline() const {
  const std::int64_t ns = deadline_ns_.load(std::memory_order_relaxed);
  return ns == 0 ? std::nullopt : std::optional<Instant>(Instant(Duration(ns)));
}

void LastResort::run() {
  pollfd descriptors[] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                          {.fd = finish_.get(), .events = POLLIN, .revents = 0}};
  while (true) {
    timespec wait{};
    if (const auto deadline = ending_.deadline()) {
      const auto ns = std::max<std::int64_t>((*deadline - clock_.now()).count(), 0);
      wait = {.tv_sec = static_cast<time_t>(ns / 1'000'000'000), .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
    }
    ppoll(descriptors, 2, ending_.deadline() ? &wait : nullptr, nullptr);
    if (descriptors[1].revents != 0) return;
    take_signals();
    if (ending_.on_time(clock_.now()) == Ending::Step::kTimeUp) end(Ending::Step::kTimeUp);
  }
}

void LastResort::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      has_reload_.store(true, std::memory_order_release);
    } else if (ending_.on_signal(clock_.now(), Duration(limit_ns_.load(std::memory_order_relaxed))) ==
               Ending::Step::kAtOnce) {
      end(Ending::Step::kAtOnce);
    } else {
      deadline_ns_.store(ending_.deadline()->time_since_epoch().count(), std::memory_order_relaxed);
      has_terminate_.store(true, std::memory_order_release);
    }
    ring(told_.get());
  }
}

void LastResort::end(Ending::Step step) {
  last_words_(step);
  // No destructor runs: what they would wait for may be what is blocked. The kernel closes files and connections; what
  // was acknowledged is in the store.
  ::_exit(1);
}

}  // namespace switchboard::server
