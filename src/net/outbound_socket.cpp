#include "net/outbound_socket.h"

#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "net/address_set.h"
#include "net/socket_address.h"

namespace switchboard::net {
namespace {

// The registries of special-purpose addresses, IPv4 (RFC 6890, 6598, 5737, 2544, 1112) and IPv6 (RFC 6890, 4193, 4291,
// 3849, 3879, 3964, 4380).
constexpr const char* kSpecial[] = {
    "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12",   "192.0.0.0/24",   "192.0.2.0/24",  "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",   "240.0.0.0/4",    "::/128",
    "::1/128",         "64:ff9b:1::/48", "100::/64",      "2001::/32",      "2001:db8::/32",
    "2002::/16",       "fc00::/7",       "fe80::/10",     "fec0::/10",      "ff00::/8",
};

AddressSet special_addresses() {
  AddressSet set;
  for (const char* const network : kSpecial) {
    const bool is_added = set.add(network).has_value();
    SB_ASSERT(is_added);
  }
  return set;
}

}  // namespace

bool is_special_purpose(const PeerAddress& address) {
  static const AddressSet special = special_addresses();  // a constant, made at its first use
  return !address.has_ip() || special.contains(address);
}

PeerAddress peer_address_of(const sockaddr& address) {
  sockaddr_storage storage{};
  if (address.sa_family == AF_INET) {
    std::memcpy(&storage, &address, sizeof(sockaddr_in));
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(&storage, &address, sizeof(sockaddr_in6));
  } else {
    return {};
  }
  return to_peer_address(storage);
}

int open_stream_socket(int family, int type, int protocol) {
  return ::socket(family, type | SOCK_CLOEXEC, protocol);
}

}  // namespace switchboard::net
