#include "cli/bench/load_options.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <utility>

#include "cli/bench/json_content.h"

namespace switchboard::cli::bench {
namespace {

std::expected<std::uint32_t, std::string> parse_ipv4(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text == "localhost" ? "127.0.0.1" : text.c_str(), &address) != 1) {
    return std::unexpected("`" + text + "` is not an IPv4 address");
  }
  return ntohl(address.s_addr);
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::expected<Endpoint, std::string> Endpoint::parse(std::string_view url) {
  const auto refuse = [&](const std::string& why) { return std::unexpected("`" + std::string(url) + "`: " + why); };
  Endpoint endpoint;
  endpoint.tls = url.starts_with("wss://");
  if (!endpoint.tls && !url.starts_with("ws://")) return refuse("the URL must begin with ws:// or wss://");
  std::string_view rest = url.substr(url.find("//") + 2);
  const auto slash = rest.find('/');
  endpoint.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  rest = rest.substr(0, slash);
  const auto colon = rest.rfind(':');
  endpoint.host = rest;
  if (colon == std::string_view::npos || !parse_number(rest.substr(colon + 1), endpoint.port) || endpoint.port == 0) {
    return refuse("the URL needs a port from 1 to 65535");
  }
  auto address = parse_ipv4(std::string(rest.substr(0, colon)));
  if (!address) return refuse(address.error());
  endpoint.ipv4 = *address;
  return endpoint;
}

std::expected<void, std::string> check(const LoadOptions& options) {
  if (auto endpoint = Endpoint::parse(options.url); !endpoint) return std::unexpected(endpoint.error());
  if (auto sources = source_addresses(options); !sources) return std::unexpected(sources.error());
  if (options.connections == 0) return std::unexpected("--connections must be at least 1");
  if (options.rooms == 0 || options.rooms > options.connections) {
    return std::unexpected("--rooms must be from 1 to the number of connections");
  }
  if (options.slow_readers >= options.connections) {
    return std::unexpected("--slow-readers must leave at least one connection that reads");
  }
  if (options.publishers > options.connections - options.slow_readers) {
    return std::unexpected("--publishers must be at most the number of connections that read");
  }
  if (options.content_bytes < kContentBytesMin || options.content_bytes > kContentBytesMax) {
    return std::unexpected("--size must be from " + std::to_string(kContentBytesMin) + " to " +
                           std::to_string(kContentBytesMax) + " bytes");
  }
  if (options.content == ContentKind::kJson && options.content_bytes < kJsonContentBytesMin) {
    return std::unexpected("--content json needs a --size of at least " + std::to_string(kJsonContentBytesMin) +
                           " bytes");
  }
  if (options.window == 0 && !(options.rate > 0 && options.rate <= 10e6)) {
    return std::unexpected("--rate must be above 0 and at most 10,000,000 messages per second");
  }
  if (!(options.bystander_rate > 0)) return std::unexpected("--bystander-rate must be above 0");
  if (!(options.time_s > 0) || options.warmup_s < 0 || options.drain_s < 0 || options.connect_rate < 0) {
    return std::unexpected("--time must be above 0; --warmup, --drain and --connect-rate must not be negative");
  }
  return {};
}

std::expected<void, std::string> check_flood(const LoadOptions& options) {
  const LoadOptions plain;
  const bool is_large_room = options.flood == FloodKind::kLargeRoom;
  for (const auto& [is_given, name] : {std::pair{options.rooms != plain.rooms, "--rooms"},
                                       {options.publishers != plain.publishers, "--publishers"},
                                       {options.rate != plain.rate && !is_large_room, "--rate"},
                                       {options.window != plain.window, "--window"},
                                       {options.content_bytes != plain.content_bytes && !is_large_room, "--size"},
                                       {options.content != plain.content, "--content"},
                                       {options.compression, "--compression"},
                                       {options.slow_readers > 0, "--slow-readers"},
                                       {options.tls_resume, "--tls-resume"},
                                       {options.hold, "--hold"},
                                       {options.connect_rate > 0, "--connect-rate"},
                                       {options.receive_buffer_bytes > 0, "--receive-buffer"}}) {
    if (is_given)
      return std::unexpected(std::string(name) + " does not go with --flood " +
                             std::string(flood_plan(*options.flood).name));
  }
  if (options.bystander_pairs == 0) return std::unexpected("--flood needs --bystanders of at least 1");
  const auto endpoint = Endpoint::parse(options.url);
  if (endpoint && !endpoint->tls && options.flood == FloodKind::kKeyUpdates) {
    return std::unexpected("--flood key-updates needs a wss:// --url");
  }
  return check(options);
}

std::expected<std::uint32_t, std::string> parse_slow_readers(std::string_view text, std::uint32_t connections) {
  if (text.ends_with('%')) {
    double percent = 0;
    if (parse_number(text.substr(0, text.size() - 1), percent) && percent >= 0 && percent < 100) {
      const auto count = static_cast<std::uint32_t>(percent / 100 * connections);
      return percent > 0 ? std::max(count, 1U) : 0;
    }
  } else if (std::uint32_t count = 0; parse_number(text, count)) {
    return count;
  }
  return std::unexpected("--slow-readers: `" + std::string(text) + "` is neither a number nor a share like 1%");
}

std::expected<ContentKind, std::string> parse_content_kind(std::string_view text) {
  if (text == "filler") return ContentKind::kFiller;
  if (text == "json") return ContentKind::kJson;
  return std::unexpected("--content: `" + std::string(text) + "` is neither filler nor json");
}

std::expected<std::vector<std::uint32_t>, std::string> source_addresses(const LoadOptions& options) {
  std::vector<std::uint32_t> addresses;
  for (const std::string& source : options.sources) {
    auto address = parse_ipv4(source);
    if (!address) return std::unexpected("--source: " + address.error());
    addresses.push_back(*address);
  }
  const std::uint32_t needed = (options.connections_total() + kConnectionsPerSource - 1) / kConnectionsPerSource;
  if (addresses.empty() && needed > 1) {
    for (std::uint32_t i = 0; i < needed; ++i)
      addresses.push_back(INADDR_LOOPBACK + i);
  }
  return addresses;
}

}  // namespace switchboard::cli::bench
