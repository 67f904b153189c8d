// `switchboard config`: the effective configuration as a commented file.
#include <cstdio>

#include "cli/commands.h"
#include "cli/config_options.h"
#include "cli/options.h"
#include "cli/serve_flags.h"
#include "config/config_printer.h"

namespace switchboard::cli {

int run_config(int argc, char** argv) {
  Options options("config [OPTIONS]",
                  "Prints the configuration that `serve` would run with: the defaults, the file, the environment and "
                  "the flags put together, as a commented file that can be used in turn.");
  ServeFlags flags;
  ConfigOptions config_options;
  flags.add_to(options);
  config_options.add_to(options);
  bool reference = false;
  options.flag("--reference", "Print the table of all settings as Markdown instead.", reference);
  options.examples(
      "Examples:\n"
      "  switchboard config > switchboard.toml\n"
      "  switchboard config --listen :9000 --data ''\n"
      "  switchboard config --set heartbeat.ping_interval_ms=10000\n"
      "\nExit codes: 0 printed, 1 the configuration has problems, 2 wrong usage.\n");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;

  if (reference) {
    std::fputs(config::print_settings_reference().c_str(), stdout);
    return kExitSuccess;
  }
  const auto config = load_or_explain(config_options.sources(flags.settings()));
  if (!config) return kExitFailure;
  std::fputs(config::print_config(*config).c_str(), stdout);
  return kExitSuccess;
}

}  // namespace switchboard::cli
