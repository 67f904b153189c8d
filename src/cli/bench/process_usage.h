// What the kernel has charged to processes: CPU time and memory, read from /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <sys/types.h>

namespace switchboard::cli::bench {

struct ProcessUsage {
  std::uint64_t cpu_us = 0;       // user and system, in steps of 10 ms
  std::uint64_t user_cpu_us = 0;  // of that, outside the kernel; many kernels only sample this share
  std::uint64_t rss_bytes = 0;
  std::uint64_t rss_anonymous_bytes = 0;  // without the pages of the binary and its libraries
};

/// Sums over `pids`; nothing when one of them cannot be read.
std::optional<ProcessUsage> process_usage(std::span<const pid_t> pids);

/// This process's CPU time, user and system, in microseconds.
std::uint64_t own_cpu_us();

struct CpuTicks {
  std::uint64_t user;
  std::uint64_t system;
  bool operator==(const CpuTicks&) const = default;
};

/// utime and stime of the text of /proc/PID/stat. The name in it may hold anything, spaces and brackets too.
std::optional<CpuTicks> cpu_ticks_in(std::string_view stat);

/// A value in kB of the text of /proc/PID/status, in bytes; `field` like "VmRSS:".
std::optional<std::uint64_t> bytes_in(std::string_view status, std::string_view field);

}  // namespace switchboard::cli::bench
