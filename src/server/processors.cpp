#include "server/processors.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <ranges>
#include <sched.h>
#include <unistd.h>
#include <vector>

namespace switchboard::server {
namespace {

namespace fs = std::filesystem;

/// "" when it cannot be read.
std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (const auto part : std::views::split(text, separator))
    parts.emplace_back(part.begin(), part.end());
  return parts;
}

std::optional<double> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;  // also of "max"
  return static_cast<double>(value);
}

/// What a group is given in each period; none unless both are positive (-1 is version 1's word for no limit).
std::optional<double> ratio(std::optional<double> quota_us, std::optional<double> period_us) {
  if (!quota_us || !period_us || *quota_us <= 0 || *period_us <= 0) return std::nullopt;
  return *quota_us / *period_us;
}

/// Of one group alone, in whichever version's words.
std::optional<double> quota_of(const fs::path& group) {
  if (const std::string both = text_of(group / "cpu.max"); !both.empty()) {
    const auto space = both.find(' ');
    if (space == std::string::npos) return std::nullopt;
    return ratio(number(std::string_view(both).substr(0, space)), number(std::string_view(both).substr(space + 1)));
  }
  return ratio(number(text_of(group / "cpu.cfs_quota_us")), number(text_of(group / "cpu.cfs_period_us")));
}

/// A hierarchy of control groups that knows of processors, as mounted: one line of mountinfo (see proc(5)).
struct Hierarchy {
  std::string root;   // the group that is mounted
  std::string place;  // where
  bool is_v2 = false;
};

/// Whether a list with commas has the controller of processors' time.
bool has_cpu(std::string_view controllers) {
  return std::ranges::any_of(split(controllers, ','), [](std::string_view name) { return name == "cpu"; });
}

/// Spaces and the like are written as a backslash and three octal digits.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned code = 0;
    if (text[at] == '\\' && at + 3 < text.size() &&
        std::from_chars(text.data() + at + 1, text.data() + at + 4, code, 8).ec == std::errc()) {
      out.push_back(static_cast<char>(code));
      at += 3;
    } else {
      out.push_back(text[at]);
    }
  }
  return out;
}

/// ID PARENT DEVICE ROOT PLACE OPTIONS [TAG...] - TYPE SOURCE OPTIONS
std::optional<Hierarchy> hierarchy_of(std::string_view mount) {
  const auto parts = split(mount, ' ');
  const auto dash = std::ranges::find(parts, "-");
  if (parts.size() < 6 || parts.end() - dash < 4) return std::nullopt;
  const bool is_v2 = dash[1] == "cgroup2";
  if (!is_v2 && (dash[1] != "cgroup" || !has_cpu(dash[3]))) return std::nullopt;
  return Hierarchy{.root = unescaped(parts[3]), .place = unescaped(parts[4]), .is_v2 = is_v2};
}

/// The process's group in each kind of hierarchy, as it is named there; "" in one that it is not in.
struct Groups {
  std::string v1;
  std::string v2;
};

/// ID:CONTROLLERS:GROUP a line; version 2 has the id 0 and no controllers.
Groups groups_of(std::string_view membership) {
  Groups groups;
  for (const std::string_view line : split(membership, '\n')) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (line.starts_with("0:") && controllers.empty()) groups.v2 = line.substr(second + 1);
    if (has_cpu(controllers)) groups.v1 = line.substr(second + 1);
  }
  return groups;
}

/// The group's path below the place where its hierarchy is mounted. What is mounted may be a group itself, which a
/// container without a namespace of its own sees: then only what is below that is to be found. Of a group outside
/// nothing can be seen, and the mounted one stands for it.
fs::path below(const std::string& group, const std::string& mounted) {
  const fs::path relative = fs::path(group).lexically_relative(mounted);
  if (relative.empty() || *relative.begin() == "..") return {};
  return relative == "." ? fs::path() : relative;
}

/// Processors in the affinity mask, which may name more than fit a cpu_set_t.
std::uint32_t processors_in_affinity(std::uint32_t otherwise) {
  constexpr int kProcessorsMax = 1 << 16;
  for (int size = CPU_SETSIZE; size <= kProcessorsMax; size *= 2) {
    std::vector<cpu_set_t> set(CPU_ALLOC_SIZE(size) / sizeof(cpu_set_t));
    if (sched_getaffinity(0, set.size() * sizeof(cpu_set_t), set.data()) == 0) {
      return static_cast<std::uint32_t>(CPU_COUNT_S(set.size() * sizeof(cpu_set_t), set.data()));
    }
  }
  return otherwise;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  const Groups groups = groups_of(text_of(root / "proc/self/cgroup"));
  const std::string mounts = text_of(root / "proc/self/mountinfo");
  std::optional<double> least;
  for (const std::string_view mount : split(mounts, '\n')) {
    const auto hierarchy = hierarchy_of(mount);
    if (!hierarchy) continue;
    const std::string& group = hierarchy->is_v2 ? groups.v2 : groups.v1;
    if (group.empty()) continue;
    // A group's quota holds for all below it: every one on the way counts, down to the process's own.
    fs::path path = root / fs::path(hierarchy->place).relative_path();
    const auto count = [&] {
      if (const auto quota = quota_of(path)) least = std::min(least.value_or(*quota), *quota);
    };
    count();
    for (const fs::path& name : below(group, hierarchy->root)) {
      path /= name;
      count();
    }
  }
  return least;
}

std::uint32_t Processors::usable() const {
  const std::uint32_t most = std::max(std::min(online, affinity), 1U);
  if (!quota) return most;
  // A quota that is a whole number but for rounding is that number.
  return std::clamp(static_cast<std::uint32_t>(std::ceil(std::min(*quota, 1e6) - 1e-9)), 1U, most);
}

Processors usable_processors() {
  Processors processors;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  processors.online = online > 0 ? static_cast<std::uint32_t>(online) : 1;
  processors.affinity = processors_in_affinity(processors.online);
  processors.quota = cpu_quota();
  return processors;
}

}  // namespace switchboard::server
