// `switchboard echo`: the server with an echo in the place of the rooms.
#include "base/time.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "log/log.h"
#include "server/server.h"
#include "session/echo_settings.h"

namespace switchboard::cli {

int run_echo(int argc, char** argv) {
  Options options("echo [OPTIONS]",
                  "For development: answers every WebSocket message with itself, at any path, through the very code "
                  "that serves clients. Conformance suites and other people's clients can be run against it.");
  std::string listen = "127.0.0.1:9001";
  bool quiet = false;
  options.value("--listen", "HOST:PORT", "Where clients connect. Default 127.0.0.1:9001.", listen);
  options.flag("--quiet", "Do not log who connects and why each connection ends.", quiet);
  options.examples(
      "Examples:\n"
      "  switchboard echo\n"
      "  switchboard echo --listen 127.0.0.1:0     on a free port, which is printed\n"
      "  wstest -m fuzzingclient -s spec.json      Autobahn's suite, its spec naming ws://127.0.0.1:9001\n"
      "\nExit codes: 0 ended by a signal, 1 it could not start (address in use), 2 wrong usage.\n");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;

  config::Config config;
  config.listen = {listen};
  config.ops = "off";
  config.shards = 1;
  config.data = "";
  config.history.backend = config::HistoryBackend::kMemory;
  config.drain_ms = 0;
  config.shard.session = session::echo_settings();
  config.listener_defaults.demo = false;
  add_listen_entries(config);

  const SystemClock clock;
  log::Log log({.level = quiet ? log::LogLevel::kWarn : log::LogLevel::kInfo}, clock);
  return server::run(std::move(config), nullptr, log);
}

}  // namespace switchboard::cli
