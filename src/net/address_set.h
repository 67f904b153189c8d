// A set of peer addresses, given as single ones and networks. Values only.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"

namespace switchboard::net {

/// An IP address alone: "192.0.2.1", "2001:db8::1"; no port, no brackets, no zone. IPv4 comes as ::ffff:a.b.c.d, also
/// when it was translated: "64:ff9b::192.0.2.1".
std::optional<std::array<std::uint8_t, 16>> parse_ip(std::string_view text);

class AddressSet {
 public:
  /// Adds "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", or "unix" for peers without an IP address.
  /// "64:ff9b::10.0.0.0/104" is the IPv4 network inside. The error is what is wrong with the text, in words.
  std::expected<void, std::string> add(std::string_view text);

  /// O(number of entries).
  bool contains(const PeerAddress& peer) const;
  bool empty() const { return networks_.empty() && !has_unix_; }
  /// True when some entry is a network of all addresses, of IPv4 or of IPv6.
  bool has_everyone() const;

 private:
  struct Network {
    std::array<std::uint8_t, 16> ip;
    std::uint8_t prefix_bits;  // of 128
  };

  std::vector<Network> networks_;
  bool has_unix_ = false;
};

}  // namespace switchboard::net
