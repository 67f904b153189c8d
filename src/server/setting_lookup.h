// From the names an operator wrote to the setting meant, or to words that say what was probably meant.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "server/setting.h"

namespace switchboard::server {

/// A setting and, for the `rooms` section, which namespace's.
struct SettingAddress {
  const Setting* setting = nullptr;
  std::string room_namespace;  // "default", "chat"; empty outside `rooms`
};

/// `section` as in a file's heading: "limits", "rooms.chat" (the namespace is everything behind the first dot).
std::expected<SettingAddress, std::string> lookup_setting(std::string_view section, std::string_view key);

/// `name` as in SWITCHBOARD_SECTION_KEY or SWITCHBOARD_ROOMS_NAMESPACE_KEY; a namespace is taken in lower case.
std::expected<SettingAddress, std::string> lookup_environment_name(std::string_view name);

/// "unknown section `heartbeats`; did you mean `heartbeat`?"
std::string unknown_section(std::string_view section);

/// "SWITCHBOARD_HEARTBEAT_PING_INTERVAL_MS"
std::string environment_name(const SettingAddress& address);

inline constexpr std::string_view kEnvironmentPrefix = "SWITCHBOARD_";
inline constexpr std::string_view kConfigFileVariable = "SWITCHBOARD_CONFIG";  // names the file; not a setting

}  // namespace switchboard::server
