// Puts a Config together: defaults < file < environment < flags. Collects every problem instead of stopping at the
// first.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace switchboard::config {

/// One setting given on the command line. For a list, several flags of one key add up.
struct FlagSetting {
  std::string key;      // "server.listen"
  std::string value;    // as typed
  std::string spelled;  // what the user wrote, for messages: "--listen"
};

/// Where to read from. Kept by the server, which reads again on SIGHUP.
struct ConfigSources {
  std::optional<std::string> file;                               // must exist when given
  std::vector<std::pair<std::string, std::string>> environment;  // name and value; only SWITCHBOARD_* is looked at
  std::vector<FlagSetting> flags;
};

struct ConfigProblem {
  std::string where;    // "switchboard.toml:12", "SWITCHBOARD_LIMITS_ROOMS_MAX", "--shards"
  std::string message;  // "unknown key `heartbeat.ping_intervall_ms`; did you mean `ping_interval_ms`?"

  std::string text() const { return where + ": " + message; }
};

/// Reads the file again at each call. Start-up and reload only: it blocks on the disk.
std::expected<Config, std::vector<ConfigProblem>> load_config(const ConfigSources& sources);

}  // namespace switchboard::config
