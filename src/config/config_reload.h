// What a reload would change: which settings differ, and which of them only a restart can change.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace switchboard::config {

struct ReloadChange {
  std::string key;   // "heartbeat.ping_interval_ms", "rooms.chat.backlog_bytes"
  std::string from;  // as `switchboard config` prints it
  std::string to;
  bool needs_restart;
};

using ReloadReport = std::vector<ReloadChange>;

/// In the order of the table of settings; then the listeners that come or go, whose `from` and `to` are addresses.
ReloadReport diff_for_reload(const Config& running, const Config& wanted);

/// `running` with everything taken from `wanted` that may change without a restart.
Config reloaded(const Config& running, const Config& wanted);

}  // namespace switchboard::config
