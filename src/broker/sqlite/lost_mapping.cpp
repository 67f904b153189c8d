#include "broker/sqlite/lost_mapping.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace switchboard::broker {
namespace {

std::atomic<std::uint64_t> lost{0};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// Everything below runs in a signal handler: only what may be called there, and nothing is allocated.

/// "55d0c4a00000-55d0c4a21000 rw-s 00000000 08:01 1234  /path/messages.db-shm"
bool is_shared_memory_at(std::string_view line, std::uintptr_t address) {
  if (line.find("-shm") == std::string_view::npos) return false;
  std::uintptr_t bounds[2] = {0, 0};
  std::size_t at = 0;
  for (std::uintptr_t& bound : bounds) {
    for (; at < line.size() && line[at] != '-' && line[at] != ' '; ++at) {
      const char c = line[at];
      bound = bound * 16 + static_cast<std::uintptr_t>(c >= 'a' ? c - 'a' + 10 : c - '0');
    }
    ++at;
  }
  return address >= bounds[0] && address < bounds[1];
}

/// Looks the address up in the kernel's list of this process's mappings.
bool is_shared_memory(std::uintptr_t address) {
  const int descriptor = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  char buffer[8'192];
  std::size_t kept = 0;  // of a line whose end has not been read yet
  bool is_found = false;
  for (ssize_t bytes = 0; !is_found && (bytes = ::read(descriptor, buffer + kept, sizeof buffer - kept)) > 0;) {
    const std::string_view text(buffer, kept + static_cast<std::size_t>(bytes));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1)
      is_found = is_found || is_shared_memory_at(text.substr(begin, end - begin), address);
    kept = text.size() - begin;
    if (kept == sizeof buffer) kept = 0;
    std::memmove(buffer, text.data() + begin, kept);
  }
  ::close(descriptor);
  return is_found;
}

void on_bus_error(int signal, siginfo_t* info, void*) {
  const int error = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const auto page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  if (info->si_code == BUS_ADRERR && is_shared_memory(address)) {
    void* const page = reinterpret_cast<void*>(address / page_bytes * page_bytes);
    if (::mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page) {
      lost.fetch_add(1, std::memory_order_release);
      errno = error;
      return;
    }
  }
  ::signal(signal, SIG_DFL);  // and the access is tried again
}

}  // namespace

void catch_lost_mappings() {
  struct sigaction action{};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

std::uint64_t lost_mappings() {
  return lost.load(std::memory_order_acquire);
}

}  // namespace switchboard::broker
