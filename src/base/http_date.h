// Points in time as HTTP writes them.
#pragma once

#include <string>

#include "base/time.h"

namespace switchboard {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 section 5.6.7), of whole seconds. `at`: years 0 to 9999.
std::string http_date(UnixMillis at);

}  // namespace switchboard
