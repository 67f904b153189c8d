// The flags that say where the configuration comes from: shared by `serve` and `config`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "config/config_loader.h"

namespace switchboard::cli {

class ConfigOptions {
 public:
  /// Adds --config and --set. This object must outlive the options.
  void add_to(Options& options);

  /// The file (--config, else SWITCHBOARD_CONFIG, else ./switchboard.toml if there is one), the process's environment
  /// and the flags: those of --set come last and win over `flags`.
  config::ConfigSources sources(std::vector<config::FlagSetting> flags) const;

 private:
  std::optional<std::string> file_;
  std::vector<std::string> sets_;
};

/// Loads, or prints every problem to standard error and returns nothing.
std::optional<config::Config> load_or_explain(const config::ConfigSources& sources);

}  // namespace switchboard::cli
