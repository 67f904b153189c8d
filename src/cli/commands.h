// The subcommands: one table, which dispatch and `switchboard --help` read.
#pragma once

#include <span>
#include <string_view>

namespace switchboard::cli {

struct Command {
  std::string_view name;
  std::string_view summary;
  /// `argv[0]` is the subcommand's name. Returns the exit code.
  int (*run)(int argc, char** argv);
};

std::span<const Command> commands();

int run_serve(int argc, char** argv);
int run_check(int argc, char** argv);
int run_config(int argc, char** argv);
int run_echo(int argc, char** argv);
int run_token(int argc, char** argv);
int run_version(int argc, char** argv);
int run_webhooks(int argc, char** argv);

}  // namespace switchboard::cli
