#include "cli/bench/process_usage.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace switchboard::cli::bench {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) return std::nullopt;
  return number;
}

/// The field after `count` more spaces.
std::string_view skip_fields(std::string_view text, int count) {
  for (; count > 0; --count) {
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text.remove_prefix(space + 1);
  }
  return text;
}

}  // namespace

std::optional<CpuTicks> cpu_ticks_in(std::string_view stat) {
  const auto name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  // proc(5): behind the name comes field 3; utime is field 14, stime field 15.
  const std::string_view utime = skip_fields(stat.substr(name_end + 2), 11);
  const auto user = number_at(utime);
  const auto system = number_at(skip_fields(utime, 1));
  if (!user || !system) return std::nullopt;
  return CpuTicks{.user = *user, .system = *system};
}

std::optional<std::uint64_t> bytes_in(std::string_view status, std::string_view field) {
  const auto line = status.find("\n" + std::string(field));
  if (line == std::string_view::npos) return std::nullopt;
  std::string_view value = status.substr(line + 1 + field.size());
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  const auto kilobytes = number_at(value);
  if (!kilobytes) return std::nullopt;
  return *kilobytes * 1024;
}

std::optional<ProcessUsage> process_usage(std::span<const pid_t> pids) {
  static const auto kTickUs = 1'000'000U / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  ProcessUsage sum;
  for (const pid_t pid : pids) {
    const std::string folder = "/proc/" + std::to_string(pid);
    const std::string status = read_file(folder + "/status");
    const auto ticks = cpu_ticks_in(read_file(folder + "/stat"));
    const auto rss = bytes_in(status, "VmRSS:");
    if (!ticks || !rss) return std::nullopt;
    sum.cpu_us += (ticks->user + ticks->system) * kTickUs;
    sum.user_cpu_us += ticks->user * kTickUs;
    sum.rss_bytes += *rss;
    sum.rss_anonymous_bytes += bytes_in(status, "RssAnon:").value_or(0);
  }
  return sum;
}

std::uint64_t own_cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto microseconds = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(time.tv_usec);
  };
  return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

}  // namespace switchboard::cli::bench
