#include "cli/config_options.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

#include "config/setting_lookup.h"

namespace switchboard::cli {
namespace {

constexpr const char* kFileInDirectory = "switchboard.toml";

std::vector<std::pair<std::string, std::string>> our_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(config::kEnvironmentPrefix)) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::optional<std::string> choose_file(const std::optional<std::string>& flag) {
  if (flag) return flag;
  const char* variable = std::getenv(std::string(config::kConfigFileVariable).c_str());
  if (variable != nullptr && *variable != '\0') return variable;
  std::error_code error;
  if (std::filesystem::exists(kFileInDirectory, error)) return kFileInDirectory;
  return std::nullopt;
}

/// SECTION.KEY=VALUE; without '=' the loader complains about the key as a whole.
config::FlagSetting parse_set(const std::string& text) {
  const auto equals = text.find('=');
  const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  return {text.substr(0, equals), value, "--set " + text.substr(0, equals)};  // the value may be a secret
}

}  // namespace

void ConfigOptions::add_to(Options& options) {
  options.value("--config", "FILE",
                "Configuration file. Without it: the file named by SWITCHBOARD_CONFIG, else ./switchboard.toml if "
                "there is one.",
                file_);
  options.values("--set", "SECTION.KEY=VALUE",
                 "Any setting of the configuration file, as in rooms.default.slow_client=disconnect. Repeatable; "
                 "values of a list are separated by commas.",
                 sets_);
}

config::ConfigSources ConfigOptions::sources(std::vector<config::FlagSetting> flags) const {
  for (const std::string& text : sets_)
    flags.push_back(parse_set(text));
  return {choose_file(file_), our_environment(), std::move(flags)};
}

std::optional<config::Config> load_or_explain(const config::ConfigSources& sources) {
  auto config = config::load_config(sources);
  if (config) return std::move(*config);
  for (const config::ConfigProblem& problem : config.error())
    std::fprintf(stderr, "%s\n", problem.text().c_str());
  return std::nullopt;
}

}  // namespace switchboard::cli
