#include "cli/commands.h"

#include "cli/bench/command.h"

namespace switchboard::cli {

std::span<const Command> commands() {
  static constexpr Command kCommands[] = {
      {"serve", "Run the server until it is told to stop.", run_serve},
      {"check", "Check a configuration file and say everything that is wrong with it.", run_check},
      {"config", "Print the configuration that would be in force, explained.", run_config},
      {"bench", "Put load on a server and measure what arrives, when, and what it cost.", run_bench},
      {"echo", "Answer every WebSocket message with itself, for conformance suites.", run_echo},
      {"token", "Make a token for a user, or show what is in one.", run_token},
      {"webhooks", "Look after the endpoints of webhooks of a running server.", run_webhooks},
      {"version", "Print the version, how it was built and with which libraries.", run_version},
  };
  return kCommands;
}

}  // namespace switchboard::cli
