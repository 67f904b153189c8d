// What the kernel says about this process: memory, processor time, open files. Linux only (/proc).
#pragma once

#include <cstdint>

namespace switchboard::ops {

struct ProcessStats {
  std::uint64_t resident_memory_bytes = 0;
  double cpu_seconds = 0;  // user and system, all threads
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;  // the limit that holds (RLIMIT_NOFILE, soft)
};

/// A few system calls. What cannot be had is 0.
ProcessStats read_process_stats();

}  // namespace switchboard::ops
