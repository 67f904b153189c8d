// The settings under which a connection is an echo: what outside conformance suites run against.
#pragma once

#include "session/settings.h"

namespace switchboard::session {

/// Messages up to 64 MiB in any number of frames, at any rate, any path and origin, no pings of ours (a suite counts
/// the frames it gets).
SessionSettings echo_settings();

}  // namespace switchboard::session
