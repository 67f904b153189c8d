// A time that does not come.
#pragma once

#include "base/time.h"

namespace switchboard::session {

/// Far enough, and far from overflow when a timer wheel rounds it up or a timeout is added.
inline constexpr Instant kNever{Duration{Duration::max().count() / 2}};

}  // namespace switchboard::session
