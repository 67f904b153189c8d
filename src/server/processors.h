// How many processors this process may use: what its affinity mask leaves (taskset, cpusets) and what the CPU quotas of
// its control groups come to (docker --cpus, a CPU limit in Kubernetes, systemd's CPUQuota=), of cgroup version 1
// and 2.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace switchboard::server {

struct Processors {
  std::uint32_t online = 1;     // that the machine has
  std::uint32_t affinity = 1;   // that the process may run on
  std::optional<double> quota;  // processors' worth of time that it is given; none: no limit

  /// Threads that can be at work at once: at least 1, a quota rounded up.
  std::uint32_t usable() const;
  bool is_limited() const { return usable() < online; }
};

/// Of the calling thread. Reads a few small files.
Processors usable_processors();

/// The smallest quota of the process's control group and of those above it, as far as they can be seen; none when there
/// is none. `root` stands for `/`. Whatever cannot be read or understood counts as no quota.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace switchboard::server
