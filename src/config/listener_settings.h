// Where the server listens and what counts there: the settings of one listener, as the operator wrote them.
// Knows no sockets; listening_sockets.h opens them, listener_policies.h turns these texts into what sessions ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::config {

enum class ProxyProtocol : std::uint8_t {
  kOff,
  kRequired,  // each connection begins with a PROXY header, version 1 or 2, from a trusted proxy
};

/// Who connects to it.
enum class Serves : std::uint8_t {
  kClients,
  kApi,  // back ends, over HTTP
};

struct ListenerSettings {
  std::string name = {};     // of its section [listeners.NAME]; empty for an entry of server.listen
  std::string address = {};  // HOST:PORT, [IPv6]:PORT, :PORT, unix:/path or fd:NAME; without a scheme
  bool tls = false;
  Serves serves = Serves::kClients;

  ProxyProtocol proxy_protocol = ProxyProtocol::kOff;
  std::vector<std::string> trusted_proxies = {};     // addresses, networks (10.0.0.0/8), "unix"
  std::vector<std::string> paths = {"/", "/ws"};     // where WebSocket connections are accepted
  std::vector<std::string> hosts = {};               // empty: any Host
  std::vector<std::string> origins_allowed = {"*"};  // empty: no page
  bool demo = true;                                  // a plain GET gets the demo page
  std::string mode = "0660";                         // permissions of a Unix socket's file, octal

  friend bool operator==(const ListenerSettings&, const ListenerSettings&) = default;
};

/// "wss://HOST:PORT" and so on, as server.listen has it: the scheme is taken off the address and says whether it is
/// TLS (none: not). Everything else is as in `defaults`.
ListenerSettings listener_of_entry(std::string_view entry, const ListenerSettings& defaults);

/// The same of api.listen: "https://HOST:PORT" and so on. No page is served there, and no proxy believed.
ListenerSettings api_listener_of(std::string_view entry);

/// What it is called in log lines: its name, else its address.
std::string_view shown_name(const ListenerSettings& listener);

}  // namespace switchboard::config
