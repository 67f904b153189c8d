// Who is behind the proxies, by the X-Forwarded-For fields they add to. RFC 7239's Forwarded is not read.
#pragma once

#include <optional>

#include "http/request.h"
#include "net/address_set.h"

namespace switchboard::session {

/// The right-most address that is not one of `trusted`: what stands left of it anybody may have written. When all are
/// trusted, the left-most. Nothing when there is no such field, or what is to be read is not an address: "192.0.2.1",
/// "192.0.2.1:443", "2001:db8::1" or "[2001:db8::1]:443" (port 0 when none is given). Several fields are one list, in
/// their order. Only to be asked when the request came from one of `trusted`.
std::optional<net::PeerAddress> forwarded_client(const http::Request& request, const net::AddressSet& trusted);

}  // namespace switchboard::session
