#include "net/address.h"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <net/if.h>
#include <optional>

#include "net/socket_address.h"

namespace switchboard::net {
namespace {

using Ip = std::array<std::uint8_t, 16>;

constexpr std::uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // RFC 4291 section 2.5.5.2
constexpr std::uint8_t kTranslatedPrefix[12] = {0x00, 0x64, 0xff, 0x9b};
constexpr std::uint8_t kLocalPrefix[6] = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};

template <std::size_t kBytes>
bool begins_with(const Ip& ip, const std::uint8_t (&prefix)[kBytes]) {
  return std::memcmp(ip.data(), prefix, kBytes) == 0;
}

/// A link-local address's zone (RFC 4007 section 11): an interface's name or number.
std::optional<std::uint32_t> scope_of(const std::string& zone) {
  if (const unsigned index = if_nametoindex(zone.c_str()); index != 0) return index;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), number);
  char name[IF_NAMESIZE];
  if (error != std::errc{} || end != zone.data() + zone.size() || if_indextoname(number, name) == nullptr) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::array<std::uint8_t, 16> untranslated(const std::array<std::uint8_t, 16>& ip) {
  if (!begins_with(ip, kTranslatedPrefix)) return ip;
  Ip ipv4 = ip;
  std::memcpy(ipv4.data(), kMappedPrefix, sizeof kMappedPrefix);
  return ipv4;
}

bool PeerAddress::is_ipv4() const {
  return begins_with(ip, kMappedPrefix);
}

bool PeerAddress::is_translated() const {
  return begins_with(ip, kLocalPrefix);
}

std::string PeerAddress::ip_text() const {
  if (!has_ip()) return "unix";
  char text[INET6_ADDRSTRLEN] = {};
  if (is_ipv4()) {
    inet_ntop(AF_INET, ip.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, ip.data(), text, sizeof text);
  }
  return text;
}

std::string PeerAddress::to_string() const {
  if (port == 0) return ip_text();
  const std::string host = is_ipv4() ? ip_text() : "[" + ip_text() + "]";
  return host + ":" + std::to_string(port);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::expected<ListenAddress, std::string> ListenAddress::parse(std::string_view text) {
  const auto refuse = [&](const char* why) {
    return std::unexpected("`" + std::string(text) + "` is not an address to listen on: " + why +
                           " (expected HOST:PORT, :PORT or [IPV6]:PORT)");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("it has no port");
  ListenAddress address;
  std::string_view host = text.substr(0, colon);
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return refuse("its port is not a number from 0 to 65535");
  address.port = *port;
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse("an IPv6 address needs brackets");
  }
  if (host == "*") host = "";
  address.host = host;
  if (const auto socket_address = to_socket_address(address); !socket_address) {
    return std::unexpected(socket_address.error());
  }
  return address;
}

std::string ListenAddress::to_string() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::expected<SocketAddress, std::string> to_socket_address(const ListenAddress& address) {
  SocketAddress out;
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (host.empty()) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    v6->sin6_addr = in6addr_any;
    out.length = sizeof *v6;
  } else if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    out.length = sizeof *v4;
  } else if (inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    out.length = sizeof *v6;
    if (const auto zone = host.find('%'); zone != std::string::npos) {
      const auto scope = scope_of(host.substr(zone + 1));
      if (!scope) return std::unexpected("there is no network interface `" + host.substr(zone + 1) + "`");
      v6->sin6_scope_id = *scope;
    }
  } else {
    return std::unexpected("`" + address.host +
                           "` is not an IP address (names are not looked up; `localhost` is 127.0.0.1)");
  }
  return out;
}

PeerAddress to_peer_address(const sockaddr_storage& storage) {
  PeerAddress out;
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    out.ip[10] = out.ip[11] = 0xff;
    std::memcpy(out.ip.data() + 12, &v4.sin_addr, 4);
    out.port = ntohs(v4.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    std::memcpy(out.ip.data(), &v6.sin6_addr, 16);
    out.ip = untranslated(out.ip);
    out.port = ntohs(v6.sin6_port);
  }
  return out;
}

}  // namespace switchboard::net
