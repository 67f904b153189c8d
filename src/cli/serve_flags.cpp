#include "cli/serve_flags.h"

namespace switchboard::cli {

void ServeFlags::add_to(Options& options) {
  options.values("--listen", "HOST:PORT",
                 "Where clients connect; repeatable. :PORT (or *:PORT) means every address, IPv4 and IPv6. Default "
                 ":8080.",
                 listen_);
  options.value("--ops", "HOST:PORT", "Where operators connect, or off. Default 127.0.0.1:8081.", ops_);
  options.value("--shards", "N", "Threads that serve clients. Default 0: one per processor that the process may use.",
                shards_);
  options.value("--data", "DIR", "Where anything that lasts is kept; \"\": nothing lasts. Default switchboard-data.",
                data_);
  options.flag("--no-demo", "Do not serve the demo page.", no_demo_);
  options.value("--log-level", "LEVEL", "debug, info, warn or error. Default info.", log_level_);
  options.value("--log-format", "FORMAT", "plain or json. Default plain.", log_format_);
}

std::vector<config::FlagSetting> ServeFlags::settings() const {
  std::vector<config::FlagSetting> out;
  const auto add = [&out](const char* key, const std::optional<std::string>& value, const char* flag) {
    if (value) out.push_back({key, *value, flag});
  };
  for (const std::string& address : listen_)
    add("server.listen", address, "--listen");
  add("server.ops", ops_, "--ops");
  add("server.shards", shards_, "--shards");
  add("server.data", data_, "--data");
  if (no_demo_) add("server.demo", "false", "--no-demo");
  add("log.level", log_level_, "--log-level");
  add("log.format", log_format_, "--log-format");
  return out;
}

}  // namespace switchboard::cli
