// Where to listen and who is at the other end. Values only; no socket is held here.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace switchboard::net {

/// An address in which a translator has put an IPv4 one (64:ff9b::/96, RFC 6052 section 2.1), as that one,
/// ::ffff:a.b.c.d; all others as they are. Whatever makes a PeerAddress goes through it: what is counted, compared with
/// trusted proxies and printed is the client's own address.
std::array<std::uint8_t, 16> untranslated(const std::array<std::uint8_t, 16>& ip);

/// A peer's IP address (IPv4 as ::ffff:a.b.c.d) and port, 18 bytes. All zero: the peer of a Unix socket.
struct PeerAddress {
  std::array<std::uint8_t, 16> ip{};
  std::uint16_t port = 0;  // 0: not known

  bool has_ip() const { return ip != decltype(ip){}; }
  bool is_ipv4() const;
  /// In 64:ff9b:1::/48, for translators of somebody's own network (RFC 8215): there is an IPv4 address inside, but only
  /// that network knows where (RFC 6052 section 2.2).
  bool is_translated() const;
  std::string ip_text() const;    // "192.0.2.1" or "2001:db8::1"; "unix"
  std::string to_string() const;  // "192.0.2.1:443" or "[2001:db8::1]:443"; without a port "192.0.2.1"; "unix"
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

/// Decimal digits of 0 to 65535 and nothing else; leading zeros are taken.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// A TCP address to bind. An empty host is every address, IPv6 and IPv4.
struct ListenAddress {
  std::string host;  // "", an IPv4 or IPv6 address, or "localhost"; names are not looked up
  std::uint16_t port = 0;

  /// "HOST:PORT", ":PORT", "[::1]:PORT", "[fe80::1%eth0]:PORT". The error is a sentence for the operator.
  static std::expected<ListenAddress, std::string> parse(std::string_view text);
  std::string to_string() const;
  /// True when only this machine can reach it (127.0.0.0/8, ::1, localhost).
  bool is_loopback() const;
};

}  // namespace switchboard::net
