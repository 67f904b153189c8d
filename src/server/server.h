// The process: starts the shards and the ops port, waits for signals, drains, and ends.
#pragma once

#include "config/config.h"
#include "config/config_loader.h"
#include "log/log.h"

namespace switchboard::server {

/// Serves until SIGTERM or SIGINT and returns the exit code. Call once, from main's thread.
/// `sources` is read again on SIGHUP; null: there is nothing to read.
int run(config::Config config, const config::ConfigSources* sources, log::Log& log);

}  // namespace switchboard::server
