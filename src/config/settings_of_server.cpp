// [server], [listeners.NAME], [log], [tls]: where the process listens, and how it is run.
#include "config/setting_builders.h"
#include "config/setting_checks.h"
#include "config/setting_groups.h"

namespace switchboard::config {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kFormatNames[] = {"plain", "json"};
constexpr std::string_view kTlsVersionNames[] = {"1.2", "1.3"};
constexpr std::string_view kClientCertificateNames[] = {"off", "optional", "required"};

constexpr std::string_view kProxyProtocolNames[] = {"off", "required"};
constexpr std::string_view kProxyProtocolDoc =
    "\"required\": every connection begins with a PROXY protocol header, version 1 or 2, that says whose it is. It is "
    "taken from trusted_proxies only; all others are refused.";
constexpr std::string_view kTrustedProxiesDoc =
    "Proxies whose word counts: addresses, networks such as \"10.0.0.0/8\", and \"unix\" for whoever connects to a "
    "Unix socket. The client's address is then the right-most one in X-Forwarded-For that is none of these. Nobody "
    "else's X-Forwarded-For is looked at.";
constexpr std::string_view kHostsDoc =
    "Host names clients may ask for, such as \"app.example.com\", \"app.example.com:8443\" (only with that port) or "
    "\"*.example.com\"; others get HTTP 421. An empty list means any.";

}  // namespace

void add_server(std::vector<Setting>& out) {
  out.push_back(maybe_empty(
      plain("server", "listen", SB_FIELD(config.listen), problem_with_listen_entry, kRestart,
            "Where clients connect: HOST:PORT, [IPv6]:PORT, or :PORT (or *:PORT) for every address, IPv4 and IPv6; "
            "unix:/path for a Unix socket; fd:NAME for one that systemd passes (FileDescriptorName=NAME). With wss:// "
            "before it, it "
            "is TLS. When there are [listeners.NAME] sections and this is left out, it is empty.")));
  out.push_back(plain("server", "ops", SB_FIELD(config.ops), problem_with_optional_address, kRestart,
                      "Where operators connect (health, metrics). Keep it private: it asks for no password. \"off\" "
                      "or an empty text turns it off."));
  out.push_back(maybe_empty(
      plain("server", "ops_hosts", SB_FIELD(config.ops_hosts), problem_with_host, kReload,
            "Host names operators may ask the ops port under, besides names without a dot and every address: such as "
            "\"metrics.example.internal\" or \"*.example.internal\". Others "
            "get HTTP 421: a web page in an operator's browser could use a name of its own.")));
  out.push_back(integer("server", "shards", SB_FIELD(config.shards), 0, kShardsMax, "threads", kRestart,
                        "Threads that serve clients, each with its share of the connections and rooms. 0 means one "
                        "per processor that the process may use: its affinity and CPU quotas count."));
  out.push_back(plain("server", "data", SB_FIELD(config.data), problem_with_optional_path, kRestart,
                      "Directory for anything that lasts. One server at a time may use it. Empty: nothing lasts."));
  out.push_back(plain("server", "name", SB_FIELD(config.shard.server_name), problem_with_server_name, kReload,
                      "The server's name as clients are told in `hello`."));
  out.push_back(plain("server", "demo", SB_FIELD(config.listener_defaults.demo), nullptr, kReload,
                      "Whether a browser that opens the listen address gets the demo page."));
  out.push_back(integer("server", "accept_backlog", SB_FIELD(config.accept_backlog), 1, 65'535, "connections", kRestart,
                        "Connections the kernel may hold until they are accepted; net.core.somaxconn caps it."));
  out.push_back(integer("server", "drain_ms", SB_FIELD(config.drain_ms), 0, kHourMs, "milliseconds", kReload,
                        "How long a shutdown takes to close everybody, spread evenly, so that clients do not come "
                        "back all at once."));
  out.push_back(choice<kProxyProtocolNames>(
      "server", "proxy_protocol", SB_FIELD(config.listener_defaults.proxy_protocol), kRestart, kProxyProtocolDoc));
  out.push_back(maybe_empty(plain("server", "trusted_proxies", SB_FIELD(config.listener_defaults.trusted_proxies),
                                  problem_with_proxy, kReload, kTrustedProxiesDoc)));
  out.push_back(plain("server", "paths", SB_FIELD(config.listener_defaults.paths), problem_with_request_path, kReload,
                      "Paths at which WebSocket connections are accepted."));
  out.push_back(maybe_empty(
      plain("server", "hosts", SB_FIELD(config.listener_defaults.hosts), problem_with_host, kReload, kHostsDoc)));
  out.push_back(plain("server", "socket_mode", SB_FIELD(config.listener_defaults.mode), problem_with_mode, kRestart,
                      "Permissions of a Unix socket's file, octal. Whoever may write to it may connect."));
}

void add_listeners(std::vector<Setting>& out) {
  out.push_back(plain("listeners", "address", SB_FIELD(listener.address), problem_with_listener_address, kRestart,
                      "Where it listens: as in server.listen, but without a scheme."));
  out.push_back(plain("listeners", "tls", SB_FIELD(listener.tls), nullptr, kRestart, "Whether it speaks TLS."));
  out.push_back(choice<kProxyProtocolNames>("listeners", "proxy_protocol", SB_FIELD(listener.proxy_protocol), kRestart,
                                            "As server.proxy_protocol."));
  out.push_back(maybe_empty(plain("listeners", "trusted_proxies", SB_FIELD(listener.trusted_proxies),
                                  problem_with_proxy, kReload, "As server.trusted_proxies.")));
  out.push_back(
      plain("listeners", "paths", SB_FIELD(listener.paths), problem_with_request_path, kReload, "As server.paths."));
  out.push_back(maybe_empty(
      plain("listeners", "hosts", SB_FIELD(listener.hosts), problem_with_host, kReload, "As server.hosts.")));
  out.push_back(maybe_empty(plain("listeners", "origins_allowed", SB_FIELD(listener.origins_allowed),
                                  problem_with_origin, kReload, "As limits.origins_allowed.")));
  out.push_back(plain("listeners", "demo", SB_FIELD(listener.demo), nullptr, kReload, "As server.demo."));
  out.push_back(
      plain("listeners", "mode", SB_FIELD(listener.mode), problem_with_mode, kRestart, "As server.socket_mode."));
}

void add_tls(std::vector<Setting>& out) {
  out.push_back(maybe_empty(plain(
      "tls", "certificates", SB_FIELD(config.tls.certificates), problem_with_certificate, kReload,
      "Certificates with their keys, as \"CHAIN:KEY\": the paths of two PEM files. The chain is the server's "
      "certificate "
      "and behind it those that lead to a root, as certbot's fullchain.pem. Clients get the one that is for the host "
      "they ask for, else the first. Two of the same names with different kinds of keys (ECDSA, RSA) may stand side by "
      "side.")));
  out.push_back(choice<kTlsVersionNames>("tls", "min_version", SB_FIELD(config.tls.min_version), kReload,
                                         "The oldest version of TLS that is spoken."));
  out.push_back(choice<kClientCertificateNames>(
      "tls", "client_certificates", SB_FIELD(config.tls.client_certificates), kReload,
      "Whether clients are asked for a certificate of their own: \"optional\" lets those in who have none, "
      "\"required\" does not. One that is shown must come from client_ca."));
  out.push_back(plain("tls", "client_ca", SB_FIELD(config.tls.client_ca), problem_with_optional_path, kReload,
                      "PEM file of the authorities that clients' certificates must come from."));
  out.push_back(integer("tls", "handshakes_max", SB_FIELD(config.tls.handshakes_max), 1, 1'000'000, "handshakes",
                        kReload,
                        "TLS handshakes under way at once on one shard; more connections wait in the kernel's queue "
                        "until there is room."));
}

void add_log(std::vector<Setting>& out) {
  out.push_back(choice<kLevelNames>("log", "level", SB_FIELD(config.log.level), kReload,
                                    "The least important lines that are written."));
  out.push_back(choice<kFormatNames>("log", "format", SB_FIELD(config.log.format), kReload,
                                     "\"plain\" for people, \"json\" for machines: one object per line."));
  out.push_back(
      integer("log", "refusals_per_second", SB_FIELD(config.log.refusals_per_second), 0, 10'000, "lines", kReload,
              "Lines about refused handshakes, tokens, commands and requests to the API, of each so many; how "
              "many more there were is said in the next. 0: none are written."));
}

}  // namespace switchboard::config
