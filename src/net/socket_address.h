// Conversions between our addresses and the kernel's sockaddr. For net/ only.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "net/address.h"

namespace switchboard::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

std::expected<SocketAddress, std::string> to_socket_address(const ListenAddress& address);
PeerAddress to_peer_address(const sockaddr_storage& storage);

}  // namespace switchboard::net
