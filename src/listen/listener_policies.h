// From what the operator wrote of the listeners to what sessions ask.
#pragma once

#include <vector>

#include "config/listener_settings.h"
#include "session/listener_policy.h"

namespace switchboard::listen {

/// In the same order, one for each; for none one with the defaults. The texts have been checked.
std::vector<session::ListenerPolicy> policies_of(const std::vector<config::ListenerSettings>& listeners);

}  // namespace switchboard::listen
