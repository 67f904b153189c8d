// Sockets for connections that the server makes itself, and which addresses are not for everybody's use.
#pragma once

#include "net/address.h"

struct sockaddr;

namespace switchboard::net {

/// Whether an address is of this machine or its own networks, or of none that a connection could go to: loopback,
/// private, link-local, shared (100.64.0.0/10), unspecified, multicast, documentation and reserved ones, of both
/// families (RFC 6890 and the registries behind it). Also the IPv4 address that an IPv6 one holds.
bool is_special_purpose(const PeerAddress& address);

/// The address of a socket of IPv4 or IPv6; without an IP address for any other family.
PeerAddress peer_address_of(const sockaddr& address);

/// A stream socket that is not connected yet, closed on exec; -1 and errno when there is none to be had.
int open_stream_socket(int family, int type, int protocol);

}  // namespace switchboard::net
