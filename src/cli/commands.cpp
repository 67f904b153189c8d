#include "cli/commands.h"

namespace switchboard::cli {

std::span<const Command> commands() {
  static constexpr Command kCommands[] = {
      {"serve", "Run the server until it is told to stop.", run_serve},
      {"check", "Check a configuration file and say everything that is wrong with it.", run_check},
      {"config", "Print the configuration that would be in force, explained.", run_config},
      {"version", "Print the version, how it was built and with which libraries.", run_version},
  };
  return kCommands;
}

}  // namespace switchboard::cli
