// `switchboard serve`: flags and configuration in, the server's exit code out.
#include "base/time.h"
#include "cli/commands.h"
#include "cli/config_options.h"
#include "cli/options.h"
#include "cli/serve_flags.h"
#include "log/log.h"
#include "server/server.h"

namespace switchboard::cli {

int run_serve(int argc, char** argv) {
  Options options(
      "serve [OPTIONS]",
      "Runs the server. SIGTERM or SIGINT drains and ends it, a second one ends it at once; SIGHUP reads the "
      "configuration again.");
  ServeFlags flags;
  ConfigOptions config_options;
  flags.add_to(options);
  config_options.add_to(options);
  options.examples(
      "Examples:\n"
      "  switchboard serve\n"
      "  switchboard serve --listen 127.0.0.1:9000 --listen '[::1]:9000' --ops off\n"
      "  switchboard serve --config /etc/switchboard.toml --set limits.message_bytes_max=16384\n"
      "  SWITCHBOARD_LOG_FORMAT=json switchboard serve\n"
      "\nExit codes: 0 drained and ended; 1 it could not start (configuration, address in use), or was ended at once "
      "by a\n"
      "second signal, or by itself when something that hangs kept it from ending in time; 2 wrong usage.\n");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;

  const config::ConfigSources sources = config_options.sources(flags.settings());
  auto config = load_or_explain(sources);
  if (!config) return kExitFailure;

  const SystemClock clock;
  log::Log log(config->log, clock);
  log.info("configured", {{"file", sources.file.value_or("none")}});
  return server::run(std::move(*config), &sources, log);
}

}  // namespace switchboard::cli
