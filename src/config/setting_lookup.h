// From the names an operator wrote to the setting meant, or to words that say what was probably meant.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/setting.h"

namespace switchboard::config {

/// A setting and, of a section with names, which one's.
struct SettingAddress {
  const Setting* setting = nullptr;
  std::string name;  // "default" or "chat" of rooms, "public" of listeners, "shop" of issuers; empty elsewhere
};

/// False for what users' own rooms, [rooms."@"], do not have: only their user is in them, and only direct messages are
/// written to them.
bool is_settable(const SettingAddress& address);

/// `section` as in a file's heading: "limits", "rooms.chat" (the name is everything behind the first dot).
std::expected<SettingAddress, std::string> lookup_setting(std::string_view section, std::string_view key);

/// `name` as in SWITCHBOARD_SECTION_KEY, SWITCHBOARD_ROOMS_NAMESPACE_KEY, SWITCHBOARD_LISTENERS_NAME_KEY or
/// SWITCHBOARD_ISSUERS_NAME_KEY; a namespace or name is taken in lower case.
std::expected<SettingAddress, std::string> lookup_environment_name(std::string_view name);

/// "" or what is wrong with a name in the heading of that section.
std::string problem_with_section_name(std::string_view section, std::string_view name);

/// "unknown section `heartbeats`; did you mean `heartbeat`?"
std::string unknown_section(std::string_view section);

/// "SWITCHBOARD_HEARTBEAT_PING_INTERVAL_MS"
std::string environment_name(const SettingAddress& address);

inline constexpr std::string_view kEnvironmentPrefix = "SWITCHBOARD_";
inline constexpr std::string_view kConfigFileVariable = "SWITCHBOARD_CONFIG";  // names the file; not a setting

}  // namespace switchboard::config
