// The configuration: any file, environment and flags are either refused with reasons or loaded; what was loaded,
// printed as TOML, loads back to the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "config/config_loader.h"
#include "config/config_printer.h"
#include "config/config_reload.h"
#include "fuzz/byte_script.h"

namespace switchboard::fuzz {
namespace {

/// A file in memory that can be opened by its path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : descriptor_(memfd_create("configuration", MFD_CLOEXEC)) {
    SB_ASSERT(descriptor_ >= 0);
    SB_ASSERT(write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// After the TOML and a NUL: lines `NAME=VALUE` are environment variables, lines `--KEY=VALUE` are flags.
config::ConfigSources sources_of(std::string_view lines) {
  config::ConfigSources sources;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    const auto equals = line.find('=');
    std::string name(line.substr(0, equals));
    std::string value(equals == std::string_view::npos ? std::string_view{} : line.substr(equals + 1));
    if (name.starts_with("--")) {
      sources.flags.push_back({.key = name.substr(2), .value = std::move(value), .spelled = name});
    } else {
      sources.environment.emplace_back(std::move(name), std::move(value));
    }
  }
  return sources;
}

void check_prints_back(const config::Config& config) {
  const std::string printed = config::print_config(config);
  const MemoryFile file(printed);
  const auto again = config::load_config({.file = file.path(), .environment = {}, .flags = {}});
  SB_ASSERT(again.has_value());
  SB_ASSERT(config::diff_for_reload(config, *again).empty());
  SB_ASSERT(config::print_config(*again) == printed);
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\0');
  const fuzz::MemoryFile file(input.substr(0, end));
  config::ConfigSources sources =
      fuzz::sources_of(end == std::string_view::npos ? std::string_view{} : input.substr(end + 1));
  sources.file = file.path();
  const auto config = config::load_config(sources);
  if (config) {
    fuzz::check_prints_back(*config);
  } else {
    SB_ASSERT(!config.error().empty());
    for (const config::ConfigProblem& problem : config.error())
      SB_ASSERT(!problem.where.empty() && !problem.message.empty());
  }
  return 0;
}
