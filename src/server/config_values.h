// A Config as a list of settings with their values: what printing and comparing walk over.
#pragma once

#include <string>
#include <vector>

#include "server/config.h"
#include "server/setting_lookup.h"

namespace switchboard::server {

/// Namespaces with settings of their own, sorted, without "default".
std::vector<std::string> namespaces_of(const Config& config);

/// For a namespace without settings of its own: the default ones.
SettingValue value_of(const Config& config, const SettingAddress& address);

/// "limits.rooms_max", "rooms.chat.slow_client"
std::string key_of(const SettingAddress& address);

}  // namespace switchboard::server
