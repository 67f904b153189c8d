// The load generator's own process and threads: what they need to measure others, and what they use themselves.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace switchboard::cli::bench {

/// Timers without slack, as many open files as may be, and one CPU if `pin_cpu` is not negative. Threads that are begun
/// later inherit all of it. The error is a sentence: there are too few files for so many connections, or no such CPU.
std::expected<void, std::string> prepare_process(int pin_cpu, std::uint32_t connections);

/// The calling thread makes way for all others of the process that want the same CPU. For good.
void make_way();

/// CPU time of the calling thread, user and system, in microseconds.
std::uint64_t own_thread_cpu_us();

}  // namespace switchboard::cli::bench
