// Where the token of a handshake stands: in the Authorization field, among the subprotocols, in the target's query or
// in a cookie.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "auth/policy.h"
#include "http/request.h"

namespace switchboard::session {

/// A subprotocol that is offered as "switchboard.token.eyJ..." is a token: a browser cannot send it otherwise. It is
/// never the one that is chosen.
inline constexpr std::string_view kTokenSubprotocol = "switchboard.token.";

constexpr bool is_token_subprotocol(std::string_view offered) {
  return offered.starts_with(kTokenSubprotocol);
}

/// The first there is: "Authorization: Bearer", a subprotocol, the query's parameter, the cookie; the latter two if
/// there are such by the policy. None when no token came. `offered`: the subprotocols. A view of the request.
std::optional<std::string_view> token_of(const http::Request& request, std::span<const std::string_view> offered,
                                         const auth::Policy& policy);

}  // namespace switchboard::session
