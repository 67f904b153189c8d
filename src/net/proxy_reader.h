// Takes a PROXY header off a connected socket, and not one byte more: what follows it belongs to TLS or HTTP.
#pragma once

#include "net/proxy_header.h"

namespace switchboard::net {

/// Looks at what has come and, once the header is complete, consumes exactly it. Never blocks. kInvalid also when the
/// connection ended or failed first. `hung_up`: the peer sends no more, so an incomplete header stays so.
ProxyHeader take_proxy_header(int socket, bool hung_up);

}  // namespace switchboard::net
