// Everything an operator can set, as plain values. Where they come from and how they are checked is not known here:
// see config_loader.h (sources), settings.h (the table of all settings), config_printer.h, config_reload.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/token_bucket.h"
#include "config/api_settings.h"
#include "config/auth_settings.h"
#include "config/history_settings.h"
#include "config/listener_settings.h"
#include "hook/settings.h"
#include "log/log_settings.h"
#include "net/tls_settings.h"
#include "shard/settings.h"
#include "webhook/settings.h"

namespace switchboard::config {

struct Config {
  // The process.
  std::vector<std::string> listen = {":8080"};  // with [listeners.NAME] sections none, unless it is given
  std::string ops = "127.0.0.1:8081";           // health, metrics; "" or "off": no ops port
  std::vector<std::string> ops_hosts;           // names it may be asked under, besides localhost and addresses
  std::uint32_t shards = 0;                     // 0: one per usable processor, at most 64
  std::string data = "switchboard-data";        // directory for anything that lasts; "": none
  std::uint32_t accept_backlog = 4'096;         // connections the kernel may hold for us
  std::uint32_t drain_ms = 5'000;               // over how long a shutdown spreads the closes

  // Connections.
  std::uint32_t connections_max = 0;              // 0: what the file descriptor limit allows
  std::uint32_t connections_per_address_max = 0;  // 0: no limit, because a proxy is one address
  Rate connects_per_address{};

  // Sockets.
  std::uint32_t notsent_lowat_bytes = 16'384;  // TCP_NOTSENT_LOWAT: unsent bytes the kernel may hold per connection
  std::uint32_t send_buffer_bytes = 0;         // SO_SNDBUF; 0: the kernel's own choice

  // Where clients connect.
  ListenerSettings listener_defaults;       // what a listener does not say itself; its name and address are empty
  std::vector<ListenerSettings> listeners;  // the entries of `listen`, then the [listeners.NAME], sorted by name

  net::TlsSettings tls;  // of every listener that speaks it

  HistorySettings history;

  AuthSettings auth;
  ApiSettings api;
  hook::HookSettings hooks;
  std::vector<webhook::EndpointSettings> webhooks;  // sorted by name

  log::LogSettings log;

  /// `log_bytes_max`, `outbox_bytes_max`, `history.page_cache_bytes` and `history.memory.bytes_max` are for the whole
  /// process here: divided by the number of shards when handed on. `history.memory.dedup_window_ms` is not used here:
  /// see `history`.
  shard::ShardSettings shard;

  bool ops_enabled() const { return !ops.empty() && ops != "off"; }
  /// Whether messages are kept in a file.
  bool has_store() const;
};

/// Puts the entries of `listen` before the named ones; whoever sets `listen` by hand calls it once.
void add_listen_entries(Config& config);

inline constexpr std::uint32_t kShardsMax = 64;

}  // namespace switchboard::config
