// A Config as a list of settings with their values: what printing and comparing walk over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/setting_lookup.h"

namespace switchboard::config {

/// Of a section with names: those with settings of their own, sorted, without "default".
std::vector<std::string> names_of(const Config& config, std::string_view section);

/// For a name without settings of its own: the default ones.
SettingValue value_of(const Config& config, const SettingAddress& address);

/// "limits.rooms_max", "rooms.chat.slow_client", "listeners.public.tls"
std::string key_of(const SettingAddress& address);

}  // namespace switchboard::config
