// The process: starts the shards and the ops port, waits for signals, drains, and ends.
#pragma once

#include "server/config.h"
#include "server/config_loader.h"
#include "server/log.h"

namespace switchboard::server {

/// Serves until SIGTERM or SIGINT and returns the exit code. Call once, from main's thread.
/// `sources` is read again on SIGHUP; null: there is nothing to read.
int run(Config config, const ConfigSources* sources, Log& log);

}  // namespace switchboard::server
