// `switchboard bench`: the flags of the load generator.
#pragma once

namespace switchboard::cli {

/// `argv[0]` is the subcommand's name. Returns the exit code.
int run_bench(int argc, char** argv);

}  // namespace switchboard::cli
