// switchboard: finds the subcommand and runs it.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/nearest_name.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/paragraph.h"
#include "cli/standard_streams.h"

namespace switchboard::cli {
namespace {

constexpr std::size_t kColumnsMax = 100;

std::string help() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : commands())
    rows.emplace_back(command.name, command.summary);
  return wrapped(
             "switchboard is a real-time server: it holds WebSocket connections, groups them into rooms and carries "
             "every message sent to a room to all of its members, in order.",
             0, kColumnsMax) +
         "\nUsage: switchboard COMMAND [OPTIONS]\n\nCommands:\n" + two_columns(rows, kColumnsMax) +
         "\n`switchboard COMMAND --help` explains a command and its options.\n"
         "\nExamples:\n"
         "  switchboard serve                            serve on port 8080 with the defaults\n"
         "  switchboard serve --listen 127.0.0.1:9000    on one address only\n"
         "  switchboard config > switchboard.toml        start a configuration file\n"
         "\nExit codes: 0 success, 1 it could not be done, 2 wrong usage.\n";
}

int unknown_command(const std::string& typed) {
  std::vector<std::string> names;
  for (const Command& command : commands())
    names.emplace_back(command.name);
  const std::string near = nearest_name(typed, names);
  std::fprintf(stderr, "switchboard: unknown command %s%s\nTry `switchboard --help`.\n", typed.c_str(),
               near.empty() ? "" : ("; did you mean " + near + "?").c_str());
  return kExitUsage;
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fputs(help().c_str(), stderr);
    return kExitUsage;
  }
  std::string name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    std::fputs(help().c_str(), stdout);
    return kExitSuccess;
  }
  if (name == "--version") name = "version";
  const auto command = std::ranges::find(commands(), name, &Command::name);
  if (command == commands().end()) return unknown_command(name);
  return command->run(argc - 1, argv + 1);
}

}  // namespace
}  // namespace switchboard::cli

int main(int argc, char** argv) {
  switchboard::cli::fill_closed_streams();
  return switchboard::cli::finish_output(switchboard::cli::run(argc, argv));
}
