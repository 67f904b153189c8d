#include "config/settings_table.h"

#include "config/setting_checks.h"

// The builders below turn "which field" into a pair of plain functions; FieldOf is a captureless lambda.

namespace switchboard::config {
namespace {

enum class Change : bool { kRestart, kReload };

template <typename FieldOf>
Setting integer(std::string_view section, std::string_view key, FieldOf, std::int64_t min, std::int64_t max,
                std::string_view unit, Change change, std::string_view doc) {
  Setting setting{section, key, SettingType::kInteger, change == Change::kReload, unit, doc};
  setting.min = min;
  setting.max = max;
  setting.read = [](const SettingTarget& target) -> SettingValue {
    return static_cast<std::int64_t>(FieldOf{}(target));
  };
  setting.write = [](const SettingTarget& target, const SettingValue& value) {
    auto& field = FieldOf{}(target);
    field = static_cast<std::remove_reference_t<decltype(field)>>(std::get<std::int64_t>(value));
  };
  return setting;
}

/// A boolean, a text or a list of texts: the field's own type says which.
template <typename FieldOf>
Setting plain(std::string_view section, std::string_view key, FieldOf, std::string (*problem_with)(std::string_view),
              Change change, std::string_view doc) {
  using Value = std::remove_cvref_t<decltype(FieldOf{}(std::declval<const SettingTarget&>()))>;
  constexpr SettingType type = std::is_same_v<Value, bool>          ? SettingType::kBoolean
                               : std::is_same_v<Value, std::string> ? SettingType::kText
                                                                    : SettingType::kTextList;
  Setting setting{section, key, type, change == Change::kReload, "", doc};
  setting.problem_with = problem_with;
  setting.read = [](const SettingTarget& target) -> SettingValue { return FieldOf{}(target); };
  setting.write = [](const SettingTarget& target, const SettingValue& value) {
    FieldOf{}(target) = std::get<Value>(value);
  };
  return setting;
}

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kFormatNames[] = {"plain", "json"};
constexpr std::string_view kTlsVersionNames[] = {"1.2", "1.3"};
constexpr std::string_view kClientCertificateNames[] = {"off", "optional", "required"};
constexpr std::string_view kPolicyNames[] = {"skip", "disconnect"};
constexpr std::string_view kDurabilityNames[] = {"process", "power"};
constexpr std::string_view kBackendNames[] = {"sqlite", "memory"};
constexpr std::string_view kVacuumNames[] = {"incremental", "none"};
constexpr std::string_view kDirectNames[] = {"all", "none"};

/// An enumeration whose values count from 0 in the order of `Names`.
template <const auto& Names, typename FieldOf>
Setting choice(std::string_view section, std::string_view key, FieldOf, Change change, std::string_view doc) {
  Setting setting{section, key, SettingType::kChoice, change == Change::kReload, "", doc};
  setting.choices.assign(std::begin(Names), std::end(Names));
  setting.read = [](const SettingTarget& target) -> SettingValue {
    return std::string(Names[static_cast<std::size_t>(FieldOf{}(target))]);
  };
  setting.write = [](const SettingTarget& target, const SettingValue& value) {
    auto& field = FieldOf{}(target);
    std::size_t index = 0;
    while (Names[index] != std::get<std::string>(value))
      ++index;
    field = static_cast<std::remove_reference_t<decltype(field)>>(index);
  };
  return setting;
}

Setting maybe_empty(Setting list) {
  list.may_be_empty = true;
  return list;
}

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

#define SB_FIELD(path) [](const SettingTarget& target) -> auto& { return target.path; }

constexpr auto kRestart = Change::kRestart;
constexpr auto kReload = Change::kReload;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;

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

void add_limits(std::vector<Setting>& out) {
  out.push_back(integer("limits", "connections_max", SB_FIELD(config.connections_max), 0, 100'000'000, "connections",
                        kReload,
                        "Connections held at once; more are refused. 0 means what the file descriptor limit "
                        "allows."));
  out.push_back(integer("limits", "connections_per_address_max", SB_FIELD(config.connections_per_address_max), 0,
                        100'000'000, "connections", kReload,
                        "Connections from one IP address (from one IPv6 /64). 0 means no limit: behind a proxy or a "
                        "large NAT many people "
                        "share one address. Set it when clients connect directly."));
  out.push_back(maybe_empty(plain(
      "limits", "origins_allowed", SB_FIELD(config.listener_defaults.origins_allowed), problem_with_origin, kReload,
      "Web pages that may connect, by origin, such as \"https://app.example.com\" or \"https://*.example.com\" "
      "(any host below, not example.com itself). \"*\" lets any page connect, an empty list none. Clients that "
      "are not browsers send no origin and are not held back by this.")));
  out.push_back(integer("limits", "first_byte_timeout_ms", SB_FIELD(config.shard.session.first_byte_timeout_ms), 1,
                        kHourMs, "milliseconds", kReload,
                        "How long a connection may stay silent before its first byte."));
  out.push_back(integer("limits", "handshake_timeout_ms", SB_FIELD(config.shard.session.handshake_timeout_ms), 1,
                        kHourMs, "milliseconds", kReload,
                        "How long the whole request head may take, from the moment of the connection."));
  out.push_back(integer("limits", "request_bytes_max", SB_FIELD(config.shard.session.request_bytes_max), 256, kMiB,
                        "bytes", kReload, "Size of the request line and header fields; larger ones get HTTP 431."));
  out.push_back(integer("limits", "message_bytes_max", SB_FIELD(config.shard.session.message_bytes_max), 128, 64 * kMiB,
                        "bytes", kReload,
                        "Size of one WebSocket message from a client; a larger one closes with 1009 as soon as its "
                        "length is known."));
  out.push_back(integer("limits", "documents_per_message_max", SB_FIELD(config.shard.session.documents_per_message_max),
                        1, 100'000, "documents", kReload, "JSON documents in one text message."));
  out.push_back(integer("limits", "json_depth_max", SB_FIELD(config.shard.session.json_depth_max), 1, 1'024, "levels",
                        kReload, "How deeply a client's JSON may nest."));
  out.push_back(integer("limits", "frames_per_message_max", SB_FIELD(config.shard.session.frames_per_message_max), 1,
                        100'000'000, "frames", kReload,
                        "Frames that one message may come in; more close with 1009. Empty ones count, or a message "
                        "could go on for ever."));
  out.push_back(integer("limits", "rooms_per_connection_max", SB_FIELD(config.shard.session.rooms_per_connection_max),
                        1, 100'000, "rooms", kReload,
                        "Rooms one connection may be in at once; `limit_reached` above it."));
  out.push_back(integer("limits", "rooms_max", SB_FIELD(config.shard.rooms_max), 1, 1'000'000'000, "rooms", kReload,
                        "Rooms that exist at once on one shard; `limit_reached` above it."));
  out.push_back(integer("limits", "errors_max", SB_FIELD(config.shard.session.errors_max), 1, 1'000'000, "errors",
                        kReload, "Error answers a connection may collect before it is closed with 4000."));
  out.push_back(integer("limits", "errors_refill_ms", SB_FIELD(config.shard.session.errors_refill_ms), 1, kHourMs,
                        "milliseconds", kReload, "One error is forgiven every so often."));
  out.push_back(integer("limits", "queue_bytes_max", SB_FIELD(config.shard.session.queue_bytes_max), 4 * kKiB,
                        64 * kMiB, "bytes", kReload,
                        "Answers waiting for one client; while they are more, that client is not read from."));
  out.push_back(integer("limits", "reply_bytes_max", SB_FIELD(config.shard.session.reply_bytes_max), 4 * kKiB,
                        64 * kMiB, "bytes", kReload,
                        "One whole answer to `history` or `presence` as JSON text: messages or users, and what stands "
                        "around them; the client asks for the rest. Only a single message may be longer."));
  out.push_back(integer(
      "limits", "outbox_bytes_max", SB_FIELD(config.shard.outbox_bytes_max), kMiB, 1'024 * kGiB, "bytes", kReload,
      "Memory for what waits for single clients (answers, pushes), all of them together; above it who "
      "has taken nothing for a second is disconnected with 4101, and `history` is told `unavailable`."));
  out.push_back(integer("limits", "log_bytes_max", SB_FIELD(config.shard.log_bytes_max), kMiB, 1'024 * kGiB, "bytes",
                        kReload,
                        "Memory for all rooms' messages together, over all shards; above it the room with "
                        "the largest backlog is trimmed first."));
}

/// One rate is two settings: how much comes in a second, and how much may be used at once.
template <typename PerSecond, typename Burst>
void add_rate(std::vector<Setting>& out, std::string_view per_second_key, PerSecond per_second,
              std::string_view burst_key, Burst burst, std::string_view unit, std::string_view doc) {
  out.push_back(integer("limits", per_second_key, per_second, 0, 1'000'000'000, unit, kReload, doc));
  out.push_back(integer("limits", burst_key, burst, 0, 1'000'000'000, unit, kReload,
                        "How many of them may come at once after a pause. 0 means as many as in one second."));
}

void add_rates(std::vector<Setting>& out) {
  add_rate(out, "messages_per_second", SB_FIELD(config.shard.session.rate.messages.per_second), "messages_burst",
           SB_FIELD(config.shard.session.rate.messages.burst), "messages",
           "Commands one connection may send; more are answered `rate_limited`, and 4102 if it goes on (errors_max). "
           "Pings, pongs and fragments count like commands. 0 means no limit; 50 with a burst of 100 suits people and "
           "most games.");
  add_rate(out, "bytes_per_second", SB_FIELD(config.shard.session.rate.bytes.per_second), "bytes_burst",
           SB_FIELD(config.shard.session.rate.bytes.burst), "bytes",
           "Bytes one connection may send; while there are more, it is not read from, so that it has to wait. 0 means "
           "no limit.");
  add_rate(out, "control_frames_per_second", SB_FIELD(config.shard.session.rate.control_frames.per_second),
           "control_frames_burst", SB_FIELD(config.shard.session.rate.control_frames.burst), "frames",
           "WebSocket pings and pongs one connection may send; more close it with 4102. 0 means no limit.");
  add_rate(out, "address_messages_per_second", SB_FIELD(config.shard.session.rate.address_messages.per_second),
           "address_messages_burst", SB_FIELD(config.shard.session.rate.address_messages.burst), "messages",
           "The same as messages_per_second for all connections of one IP address together (of one IPv6 /64). 0 means "
           "no limit: behind a proxy or a large NAT many people share one address. From 0 to a limit: for connections "
           "to come.");
  add_rate(out, "address_bytes_per_second", SB_FIELD(config.shard.session.rate.address_bytes.per_second),
           "address_bytes_burst", SB_FIELD(config.shard.session.rate.address_bytes.burst), "bytes",
           "The same as bytes_per_second for all connections of one IP address together (of one IPv6 /64). 0 means no "
           "limit. From 0 to a limit: for connections to come.");
}

void add_heartbeat(std::vector<Setting>& out) {
  out.push_back(integer("heartbeat", "ping_interval_ms", SB_FIELD(config.shard.session.ping_interval_ms), 0,
                        24 * kHourMs, "milliseconds", kReload,
                        "How often a quiet connection is pinged. 0 means never: dead connections then stay until a "
                        "write fails."));
  out.push_back(
      integer("heartbeat", "pong_timeout_ms", SB_FIELD(config.shard.session.pong_timeout_ms), 1, kHourMs,
              "milliseconds", kReload,
              "How long a connection may stay silent after a ping has left the queue before it is closed with "
              "4201; any received byte counts as life, and any that a full socket takes. A slow line has up to "
              "four times as long, by what was written to it before."));
  out.push_back(integer("heartbeat", "write_timeout_ms", SB_FIELD(config.shard.session.write_timeout_ms), 1, kHourMs,
                        "milliseconds", kReload,
                        "How long a socket may take not one byte of what is waiting for it before it is closed with "
                        "4101, even if its owner keeps sending."));
  out.push_back(integer("heartbeat", "close_timeout_ms", SB_FIELD(config.shard.session.close_timeout_ms), 1, kHourMs,
                        "milliseconds", kReload, "How long the peer may take to answer our Close frame."));
}

void add_delivery(std::vector<Setting>& out) {
  out.push_back(integer("delivery", "sweep_us", SB_FIELD(config.shard.sweep_us), 50, 1'000'000, "microseconds", kReload,
                        "How long a shard may go on before it looks at its sockets again, all together; at least half "
                        "of it is for delivery. Lower favours quick answers, higher favours throughput."));
  out.push_back(integer("delivery", "input_us", SB_FIELD(config.shard.input_us), 50, 1'000'000, "microseconds", kReload,
                        "How much of that a shard may spend on what its clients send. Whoever has little to say has "
                        "its turn before those who send much."));
  out.push_back(integer("delivery", "slice_members", SB_FIELD(config.shard.slice_members), 1, 1'000'000, "members",
                        kReload, "Members of one large room served before another room has its turn."));
  out.push_back(integer("delivery", "send_bytes_max", SB_FIELD(config.shard.send_bytes_max), 1'024, 16 * kMiB, "bytes",
                        kReload, "Most bytes handed to one socket in one go."));
  out.push_back(integer("delivery", "notsent_lowat_bytes", SB_FIELD(config.notsent_lowat_bytes), 1'024, kGiB, "bytes",
                        kRestart,
                        "Unsent bytes the kernel may hold for one client (TCP_NOTSENT_LOWAT). Small, so "
                        "that a slow client falls behind here, where it costs nothing, and not in kernel memory."));
  out.push_back(integer("delivery", "send_buffer_bytes", SB_FIELD(config.send_buffer_bytes), 0, kGiB, "bytes", kRestart,
                        "Size of a socket's send buffer (SO_SNDBUF). 0 leaves it to the kernel."));
}

void add_compression(std::vector<Setting>& out) {
  out.push_back(plain("compression", "enabled", SB_FIELD(config.shard.session.deflate.enabled), nullptr, kReload,
                      "Whether clients that offer compression get it; a change is for connections to come."));
  out.push_back(integer("compression", "bytes_min", SB_FIELD(config.shard.session.deflate.bytes_min), 0, 64 * kMiB,
                        "bytes", kReload, "Smaller messages are sent as they are: little would be gained."));
  out.push_back(integer("compression", "level", SB_FIELD(config.shard.session.deflate.level), 1, 9, "(as zlib counts)",
                        kReload,
                        "How much work goes into making a message smaller. 9 makes long messages about 15 % smaller "
                        "than 1 does, for three times the work; short ones hardly at all."));
  out.push_back(integer("compression", "window_bits", SB_FIELD(config.shard.session.deflate.window_bits), 9, 15, "bits",
                        kRestart,
                        "How far back a repetition is found: 12 means 4,096 bytes. Clients that insist on a smaller "
                        "window than this are served without compression."));
  out.push_back(plain("compression", "client_context_takeover",
                      SB_FIELD(config.shard.session.deflate.client_context_takeover), nullptr, kReload,
                      "Whether clients may compress a message by reference to their earlier ones. It makes what they "
                      "send smaller, and costs up to 40 KB of memory for every client that sends compressed "
                      "messages, for as long as it is connected; a change is for connections to come."));
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

void add_history(std::vector<Setting>& out) {
  out.push_back(choice<kBackendNames>(
      "history", "backend", SB_FIELD(config.history.backend), kRestart,
      "Where messages are kept: \"sqlite\" is a file, \"memory\" is gone with the process. Without a data directory "
      "(server.data = \"\") it is \"memory\"."));
  out.push_back(plain("history", "file", SB_FIELD(config.history.sqlite.file), problem_with_path, kRestart,
                      "The file, in server.data unless the path begins with '/'; beside it its write-ahead log. On a "
                      "local disk, never on a network file system."));
  out.push_back(integer("history", "store_bytes_max", SB_FIELD(config.history.sqlite.store_bytes_max), 16 * kMiB,
                        1'024 * kGiB, "bytes", kRestart,
                        "Size of the file, with everything in it; towards it the oldest messages of those go who wrote "
                        "most. Its disk must have this and some more."));
  out.push_back(choice<kVacuumNames>(
      "history", "vacuum", SB_FIELD(config.history.sqlite.vacuum), kRestart,
      "What becomes of space in the file that removed messages leave: \"incremental\" gives it back to the file system "
      "little by little, \"none\" keeps it for messages to come."));
  out.push_back(integer("history", "dedup_window_ms", SB_FIELD(config.history.sqlite.dedup_window_ms), 1'000,
                        24 * kHourMs, "milliseconds", kRestart,
                        "How long a repetition is known by its `dedup`, at least; up to twice as long. Longer than any "
                        "client tries again."));
  out.push_back(integer("history", "commit_wait_ms", SB_FIELD(config.shard.history.commit_wait_ms), 10, kHourMs,
                        "milliseconds", kReload,
                        "How long a publisher, or who joins, waits for the store; then it is told `unavailable`. The "
                        "message may be committed all the same: who tries again should say `dedup`."));
  out.push_back(integer("history", "dedup_records_max", SB_FIELD(config.history.sqlite.dedup_records_max), 1'000,
                        100'000'000, "keys", kRestart,
                        "Values of `dedup` that are known at once; with more the window is shorter."));
  out.push_back(integer("history", "batch_messages_max", SB_FIELD(config.history.sqlite.batch_messages_max), 1, 65'536,
                        "messages", kRestart, "Messages in one transaction."));
  out.push_back(integer("history", "batch_bytes_max", SB_FIELD(config.history.sqlite.batch_bytes_max), 4 * kKiB, kGiB,
                        "bytes", kRestart, "The same in bytes, about; one message always fits."));
  out.push_back(
      integer("history", "pending_bytes_max", SB_FIELD(config.history.sqlite.pending_bytes_max), kMiB, 64 * kGiB,
              "bytes", kRestart,
              "Messages of one shard's connections that wait to be committed; who sends more waits until some "
              "are. Half of it is for connections that have nothing under way."));
  out.push_back(integer("history", "replays_max", SB_FIELD(config.shard.replays_max), 1, 1'000'000, "members", kReload,
                        "Members on one shard that are given a page of history at once; the others wait for their "
                        "turn."));
  out.push_back(integer("history", "page_cache_bytes", SB_FIELD(config.shard.history.page_cache_bytes), 0, 1'024 * kGiB,
                        "bytes", kReload,
                        "Memory for pages of history that were read a moment ago, over all shards: members who resume "
                        "together share them."));
  out.push_back(integer("history", "memory_bytes_max", SB_FIELD(config.shard.history.memory.bytes_max), kMiB,
                        1'024 * kGiB, "bytes", kReload,
                        "Memory that history kept in memory takes, over all shards; above it the largest rooms lose "
                        "their oldest first, and where all are small, rooms without members go."));
}

void add_direct(std::vector<Setting>& out) {
  out.push_back(choice<kDirectNames>("direct", "allowed", SB_FIELD(config.shard.session.direct), kReload,
                                     "Who may write to whom: \"all\" lets every user write to every other, \"none\" "
                                     "nobody to anybody."));
}

void add_log(std::vector<Setting>& out) {
  out.push_back(choice<kLevelNames>("log", "level", SB_FIELD(config.log.level), kReload,
                                    "The least important lines that are written."));
  out.push_back(choice<kFormatNames>("log", "format", SB_FIELD(config.log.format), kReload,
                                     "\"plain\" for people, \"json\" for machines: one object per line."));
}

void add_rooms(std::vector<Setting>& out) {
  out.push_back(integer("rooms", "backlog_bytes", SB_FIELD(room.backlog_bytes), 4 * kKiB, kGiB, "bytes", kReload,
                        "How far behind a member may fall, in encoded bytes."));
  out.push_back(integer("rooms", "backlog_messages", SB_FIELD(room.backlog_messages), 1, 10'000'000, "messages",
                        kReload, "How far behind a member may fall, in messages."));
  out.push_back(integer("rooms", "members_max", SB_FIELD(room.members_max), 1, 100'000'000, "members", kReload,
                        "Members of one room; more get `room_full`."));
  out.push_back(choice<kPolicyNames>("rooms", "slow_client", SB_FIELD(room.slow_client), kReload,
                                     "What becomes of a member that has fallen further behind than the backlog: "
                                     "\"skip\" goes on from the oldest message still there and says what was missed "
                                     "(in a room with history it is sent what it missed instead), "
                                     "\"disconnect\" closes the connection with 4101."));
  out.push_back(plain("rooms", "history", SB_FIELD(room.history), nullptr, kRestart,
                      "Whether the rooms' messages are kept: for `since`, `last` and `history`, and for members that "
                      "fall behind."));
  out.push_back(integer("rooms", "history_messages", SB_FIELD(room.retention.messages), 1, 100'000'000, "messages",
                        kReload, "How many messages of one room are kept; the oldest go first."));
  out.push_back(integer("rooms", "history_bytes", SB_FIELD(room.retention.bytes), 4 * kKiB, 1'024 * kGiB, "bytes",
                        kReload, "How much of one room is kept, in bytes of contents and senders."));
  out.push_back(integer("rooms", "history_seconds", SB_FIELD(room.retention.seconds), 1, 315'360'000, "seconds",
                        kReload, "How long a message is kept. 86400 is a day."));
  out.push_back(choice<kDurabilityNames>(
      "rooms", "durability", SB_FIELD(room.durability), kReload,
      "What a message survives once it was sent to anybody or acknowledged: \"process\" the end of the server, however "
      "it comes; \"power\" the end of the machine, too: it is on the disk first, which takes longer."));
  out.push_back(plain("rooms", "presence", SB_FIELD(room.presence), nullptr, kReload,
                      "Whether members may ask who is in the room."));
  out.push_back(
      integer("rooms", "presence_grace_ms", SB_FIELD(room.presence_grace_ms), 0, kHourMs, "milliseconds", kReload,
              "How long a user whose last connection has gone still counts as being there: a reload of a page "
              "is no coming and going."));
  out.push_back(integer("rooms", "presence_window_ms", SB_FIELD(room.presence_window_ms), 0, 60'000, "milliseconds",
                        kReload, "Changes that come so soon after one another are told together."));
  out.push_back(
      integer("rooms", "presence_pushes_per_second", SB_FIELD(room.presence_pushes_per_second), 1, 1'000'000'000,
              "pushes", kReload,
              "Pushes about who comes and goes, of one room to all that watch it; in a room with many watchers "
              "they come more seldom, and tell more at once."));
  out.push_back(plain("rooms", "echo", SB_FIELD(room.echo), nullptr, kReload,
                      "Whether who broadcasts gets the message, too, when the command does not say."));
  out.push_back(plain("rooms", "publish_from_outside", SB_FIELD(room.publish_from_outside), nullptr, kReload,
                      "Whether one may broadcast to the room without having joined it."));
}

std::vector<Setting> build_table() {
  std::vector<Setting> out;
  add_server(out);
  add_listeners(out);
  add_limits(out);
  add_rates(out);
  add_heartbeat(out);
  add_delivery(out);
  add_compression(out);
  add_tls(out);
  add_log(out);
  add_rooms(out);
  add_history(out);
  add_direct(out);
  return out;
}

#undef SB_FIELD

}  // namespace

std::span<const SettingSection> setting_sections() {
  static constexpr SettingSection kSections[] = {
      {"server", "The process."},
      {"listeners",
       "More places to listen, each with its own settings: [listeners.NAME], the name being one of your own. What such "
       "a "
       "section leaves out is as in [server] and [limits]."},
      {"limits", "What clients may ask of it."},
      {"heartbeat", "How dead and stuck connections are found."},
      {"delivery", "How messages leave. The defaults are measured; change them with a benchmark at hand."},
      {"compression",
       "permessage-deflate (RFC 7692), when a client offers it. A message is compressed once for all who "
       "take it so."},
      {"tls", "For listeners whose address begins with wss://, and those with tls = true."},
      {"log", "What is written to standard error. Never a message's content."},
      {"rooms",
       "Rooms, by namespace: the part of a room's id before the first ':'. [rooms.default] is for every room without a "
       "section of its own; [rooms.chat] is for chat:1, chat:2, ... and takes from [rooms.default] what it leaves "
       "out; [rooms.\"@\"] is for users' own rooms, where direct messages are kept."},
      {"history",
       "Where the rooms' messages are kept. What of each room, and for how long, is said by the rooms' own settings."},
      {"direct", "Direct messages: from user to user, whatever rooms they are in."},
  };
  return kSections;
}

std::span<const Setting> settings_table() {
  static const std::vector<Setting> kTable = build_table();
  return kTable;
}

const Setting* find_setting(std::string_view section, std::string_view key) {
  for (const Setting& setting : settings_table()) {
    if (setting.section == section && setting.key == key) return &setting;
  }
  return nullptr;
}

}  // namespace switchboard::config
