// `switchboard serve`: flags and configuration in, the server's exit code out.
#include "base/time.h"
#include "cli/commands.h"
#include "cli/config_options.h"
#include "cli/options.h"
#include "server/log.h"
#include "server/server.h"

namespace switchboard::cli {
namespace {

struct ServeFlags {
  std::vector<std::string> listen;
  std::optional<std::string> ops, shards, data, log_level, log_format;
  bool no_demo = false;

  void add_to(Options& options) {
    options.values("--listen", "HOST:PORT",
                   "Where clients connect; repeatable. :PORT means every address. Default :8080.", listen);
    options.value("--ops", "HOST:PORT", "Where operators connect, or off. Default 127.0.0.1:8081.", ops);
    options.value("--shards", "N", "Threads that serve clients. Default 0: one per processor that the process may use.",
                  shards);
    options.value("--data", "DIR", "Where anything that lasts is kept; \"\": nothing lasts. Default switchboard-data.",
                  data);
    options.flag("--no-demo", "Do not serve the demo page.", no_demo);
    options.value("--log-level", "LEVEL", "debug, info, warn or error. Default info.", log_level);
    options.value("--log-format", "FORMAT", "plain or json. Default plain.", log_format);
  }

  std::vector<server::FlagSetting> settings() const {
    std::vector<server::FlagSetting> out;
    const auto add = [&out](const char* key, const std::optional<std::string>& value, const char* flag) {
      if (value) out.push_back({key, *value, flag});
    };
    for (const std::string& address : listen)
      add("server.listen", address, "--listen");
    add("server.ops", ops, "--ops");
    add("server.shards", shards, "--shards");
    add("server.data", data, "--data");
    if (no_demo) add("server.demo", "false", "--no-demo");
    add("log.level", log_level, "--log-level");
    add("log.format", log_format, "--log-format");
    return out;
  }
};

}  // namespace

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
      "\nExit codes: 0 drained and ended, 1 it could not start (configuration, address in use), 2 wrong usage.\n");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;

  const server::ConfigSources sources = config_options.sources(flags.settings());
  auto config = load_or_explain(sources);
  if (!config) return kExitFailure;

  const SystemClock clock;
  server::Log log(config->log, clock);
  log.info("configured", {{"file", sources.file.value_or("none")}});
  return server::run(std::move(*config), &sources, log);
}

}  // namespace switchboard::cli
