#include "net/address_set.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

namespace switchboard::net {
namespace {

constexpr unsigned kIpv4PrefixBits = 96;  // of ::ffff:0:0/96

bool is_zero_after(const std::array<std::uint8_t, 16>& ip, unsigned bits) {
  for (unsigned i = bits; i < 128; ++i) {
    if ((ip[i / 8] >> (7 - i % 8) & 1) != 0) return false;
  }
  return true;
}

bool equal_in_front(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, unsigned bits) {
  if (std::memcmp(a.data(), b.data(), bits / 8) != 0) return false;
  return bits % 8 == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8) == 0;
}

/// As it is written.
std::optional<std::array<std::uint8_t, 16>> parse_literal(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) return std::nullopt;
  text.copy(terminated, text.size());
  std::array<std::uint8_t, 16> ip{};
  if (inet_pton(AF_INET, terminated, ip.data() + 12) == 1) {
    ip[10] = ip[11] = 0xff;
    return ip;
  }
  if (inet_pton(AF_INET6, terminated, ip.data()) == 1) return ip;
  return std::nullopt;
}

}  // namespace

std::optional<std::array<std::uint8_t, 16>> parse_ip(std::string_view text) {
  const auto literal = parse_literal(text);
  if (!literal) return std::nullopt;
  return untranslated(*literal);
}

std::expected<void, std::string> AddressSet::add(std::string_view text) {
  if (text == "unix") {
    has_unix_ = true;
    return {};
  }
  const auto slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  auto ip = parse_literal(host);
  if (!ip) return std::unexpected("must be an address (192.0.2.1), a network (10.0.0.0/8, 2001:db8::/32) or \"unix\"");
  const bool is_ipv4 = host.find(':') == std::string_view::npos;
  const unsigned most = is_ipv4 ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > most) {
      return std::unexpected("the part after the '/' must be a number from 0 to " + std::to_string(most));
    }
  }
  if (is_ipv4) bits += kIpv4PrefixBits;
  if (!is_zero_after(*ip, bits)) return std::unexpected("has bits set behind the part that '/' leaves");
  // A larger network than the translators' is one of IPv6: with them, all of IPv4 would be in it.
  if (bits >= kIpv4PrefixBits) ip = untranslated(*ip);
  networks_.push_back({*ip, static_cast<std::uint8_t>(bits)});
  return {};
}

bool AddressSet::contains(const PeerAddress& peer) const {
  if (!peer.has_ip()) return has_unix_;
  return std::ranges::any_of(
      networks_, [&](const Network& network) { return equal_in_front(network.ip, peer.ip, network.prefix_bits); });
}

bool AddressSet::has_everyone() const {
  return std::ranges::any_of(networks_, [](const Network& network) {
    const bool is_ipv4 = network.ip[10] == 0xff && network.prefix_bits >= kIpv4PrefixBits;
    return network.prefix_bits == (is_ipv4 ? kIpv4PrefixBits : 0);
  });
}

}  // namespace switchboard::net
