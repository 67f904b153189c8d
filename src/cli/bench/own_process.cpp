#include "cli/bench/own_process.h"

#include <cerrno>
#include <cstring>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace switchboard::cli::bench {

std::expected<void, std::string> prepare_process(int pin_cpu, std::uint32_t connections) {
  // Timers are rounded up by the slack, which would be measured as latency.
  prctl(PR_SET_TIMERSLACK, 1);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  constexpr rlim_t kOtherFiles = 32;
  if (connections + kOtherFiles > files.rlim_cur) {
    return std::unexpected("a process may have " + std::to_string(files.rlim_cur) + " open files here, too few for " +
                           std::to_string(connections) + " connections");
  }
  if (pin_cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(pin_cpu), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
      return std::unexpected(std::string("--pin: ") + std::strerror(errno));
  }
  return {};
}

void make_way() {
  constexpr int kNice = 10;
  // On Linux a niceness is a thread's. It only says who goes first: with nobody else there the thread has all of it.
  setpriority(PRIO_PROCESS, 0, kNice);
}

std::uint64_t own_thread_cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto microseconds = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(time.tv_usec);
  };
  return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

}  // namespace switchboard::cli::bench
