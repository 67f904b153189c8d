// What one run of the load generator is asked to do: plain values, their limits, and how a URL and a slow-reader share
// are read. Knows nothing of the command line or of sockets.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "cli/bench/flood/plan.h"
#include "ws/frame_writer.h"

namespace switchboard::cli::bench {

/// The shortest content that has room for the stamp every message carries.
inline constexpr std::uint32_t kContentBytesMin = 16;
inline constexpr std::uint32_t kContentBytesMax = 1 << 20;

/// Connections from one source address before another one is used: below the kernel's default of 28,232 free ports.
inline constexpr std::uint32_t kConnectionsPerSource = 25'000;

struct Endpoint {
  std::string host;        // as written, for the Host field
  std::uint32_t ipv4 = 0;  // host byte order
  std::uint16_t port = 0;
  std::string path;
  bool tls = false;

  /// "ws://HOST:PORT/PATH" or "wss://..." with an IPv4 address or "localhost". The error is a sentence.
  static std::expected<Endpoint, std::string> parse(std::string_view url);
};

enum class ContentKind : std::uint8_t {
  kFiller,  // a JSON string of one letter
  kJson,    // an object as applications send: see json_content.h
};

struct LoadOptions {
  std::string url = "ws://127.0.0.1:8080/ws";
  std::string token;  // that every connection shows; its user is then everybody's. "": none
  std::uint32_t connections = 1000;
  std::uint32_t rooms = 1;       // connection i is in room i % rooms
  std::uint32_t publishers = 1;  // the first connections
  double rate = 10;              // messages per second over all publishers, open loop; unused with a window
  std::uint32_t window = 0;      // own messages each publisher keeps in flight; 0: open loop
  std::uint32_t content_bytes = 100;
  ContentKind content = ContentKind::kFiller;
  bool compression = false;  // offer permessage-deflate, and insist on it
  ws::Encoding encoding() const { return compression ? ws::Encoding::kDeflated : ws::Encoding::kPlain; }
  double time_s = 10;
  double warmup_s = 2;
  double drain_s = 60;  // at most; ends by itself when everything has arrived
  std::uint32_t bystander_pairs = 0;
  double bystander_rate = 20;      // messages per second of each pair
  std::uint32_t slow_readers = 0;  // the last connections: they join and never read again
  bool tls_resume = false;         // connections use the TLS session of an earlier one
  bool hold = false;               // connect, join, and only answer pings for time_s
  double connect_rate = 0;         // connections per second; 0: as fast as they are answered
  std::vector<pid_t> pids;         // the server's processes, whose CPU and memory are read
  int pin_cpu = -1;
  std::uint32_t receive_buffer_bytes = 0;  // SO_RCVBUF; 0: the kernel's choice
  std::vector<std::string> sources;        // IPv4 addresses to connect from; none: see source_addresses
  std::string json_path;
  std::optional<FloodKind> flood;  // instead of a load: see check_flood for what goes with it

  std::uint32_t connections_total() const { return connections + 2 * bystander_pairs; }
};

/// Says which option asks for something impossible.
std::expected<void, std::string> check(const LoadOptions& options);

/// The same for one with a flood, which does not go with what only loads have.
std::expected<void, std::string> check_flood(const LoadOptions& options);

/// "250" is a count, "1%" a share of `connections`, rounded down but at least one.
std::expected<std::uint32_t, std::string> parse_slow_readers(std::string_view text, std::uint32_t connections);

/// "filler" or "json".
std::expected<ContentKind, std::string> parse_content_kind(std::string_view text);

/// The addresses to connect from, in host byte order: those asked for; none (the kernel chooses) up to
/// kConnectionsPerSource connections; past that as many of 127.0.0.1, 127.0.0.2, ... as are needed.
std::expected<std::vector<std::uint32_t>, std::string> source_addresses(const LoadOptions& options);

}  // namespace switchboard::cli::bench
