// Conditional requests (RFC 9110 section 13).
#pragma once

#include <string_view>

#include "http/request.h"

namespace switchboard::http {

/// The client has what it asks for: its If-None-Match holds `*` or that tag. Compared weakly (section 13.1.2), because
/// a proxy that compresses makes a strong tag a weak one. `tag`: with its quotes; "" matches nothing, not even `*`.
bool has_current(const Request& request, std::string_view tag);

}  // namespace switchboard::http
