// The header that a proxy puts in front of a connection to say whose it is: the PROXY protocol, version 1 and 2
// (haproxy.org/download/2.8/doc/proxy-protocol.txt). Bytes only; whether the sender may say so is decided elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"

namespace switchboard::net {

/// Version 1 is at most 107 bytes by its definition; version 2 could be 65,551: what follows the addresses is skipped,
/// and more than this in all is refused. AWS and HAProxy stay far below it.
inline constexpr std::size_t kProxyHeaderBytesMax = 2'048;

enum class ProxyHeaderStatus : std::uint8_t {
  kIncomplete,  // so far it could become one: more bytes are needed
  kInvalid,     // it cannot, see `problem`
  kOwn,         // complete: the connection is the proxy's own (health check), or it cannot say whose
  kClient,      // complete: the connection is `client`'s
};

struct ProxyHeader {
  ProxyHeaderStatus status = ProxyHeaderStatus::kIncomplete;
  std::size_t bytes = 0;       // of the header, when complete; what follows is the client's
  PeerAddress client{};        // only with kClient
  std::string_view problem{};  // a literal, only with kInvalid
};

/// `bytes`: all that came so far, from the very first. Whoever has too little calls again with more: the answer for a
/// given stream does not depend on how it was cut. At most `kProxyHeaderBytesMax` bytes are looked at.
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace switchboard::net
