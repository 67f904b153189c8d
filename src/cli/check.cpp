// `switchboard check FILE`: the file alone, whatever the environment says.
#include <cstdio>

#include "cli/commands.h"
#include "cli/config_options.h"
#include "cli/options.h"
#include "listen/tls_contexts.h"
#include "server/auth_policy.h"

namespace switchboard::cli {

int run_check(int argc, char** argv) {
  Options options("check FILE",
                  "Reads a configuration file as `serve` would and prints every problem with its line. Environment "
                  "variables are not looked at.");
  std::string file;
  options.positional("FILE", "The file to check.", file);
  options.examples("Exit codes: 0 the file is fine, 1 it is not, 2 wrong usage.\n");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;

  const auto config = load_or_explain({file, {}, {}});
  if (!config) return kExitFailure;
  if (const std::string problem = listen::problem_with_tls(*config); !problem.empty()) {
    std::fprintf(stderr, "%s: [tls]: %s\n", file.c_str(), problem.c_str());
    return kExitFailure;
  }
  if (const std::string problem = server::problem_with_keys(config->auth); !problem.empty()) {
    std::fprintf(stderr, "%s: %s\n", file.c_str(), problem.c_str());
    return kExitFailure;
  }
  std::printf("%s: ok\n", file.c_str());
  return kExitSuccess;
}

}  // namespace switchboard::cli
