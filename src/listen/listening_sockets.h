// The process's listening sockets: from settings to what each shard accepts from. TCP addresses are bound once for
// every shard (SO_REUSEPORT); a Unix socket, and one that was passed to us, is one socket that all shards share.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/listener_settings.h"
#include "listen/shard_listener.h"
#include "net/inherited_sockets.h"
#include "net/listener.h"
#include "net/unix_socket.h"

namespace switchboard::listen {

/// One socket, or one address that every shard binds.
struct ListeningPlace {
  std::uint16_t listener = 0;  // its number in the configuration
  bool tls = false;
  config::Serves serves = config::Serves::kClients;
  bool wants_proxy_header = false;
  std::string
      shown;  // "ws://127.0.0.1:8080", "wss://localhost:8443", "unix:/run/switchboard.sock"; the API: "http://..."
  bool is_public = false;          // others than this machine's may reach it
  std::string every_address = {};  // ":8080" of one that is bound to every address; what is shown names localhost then

  net::ListenAddress address = {};               // TCP of our own: its port resolved
  std::optional<net::UnixSocket> unix_socket;    // else this
  std::optional<net::FileDescriptor> inherited;  // or this
};

class ListeningSockets {
 public:
  /// Finds out whether every address is free, and opens what is shared. `inherited`: all that was passed to the
  /// process. Start-up only. The error is a sentence for the operator.
  static std::expected<ListeningSockets, std::string> open(const std::vector<config::ListenerSettings>& listeners,
                                                           const net::SocketOptions& options,
                                                           std::vector<net::InheritedSocket> inherited);
  ListeningSockets() = default;

  /// For one shard more.
  std::expected<std::vector<ShardListener>, std::string> for_shard() const;

  const std::vector<ListeningPlace>& places() const { return places_; }
  /// Names of sockets that were passed to us and that no listener asks for.
  const std::vector<std::string>& unused() const { return unused_; }
  /// Lets go of what is not the shards': the files of Unix sockets are unlinked.
  void close() { places_.clear(); }

 private:
  net::SocketOptions options_;
  std::vector<ListeningPlace> places_;
  std::vector<std::string> unused_;
};

}  // namespace switchboard::listen
