// The one table of everything that can be set. Files, environment, flags, checks, `switchboard config`, the manual
// and the reload report are all driven by it: a setting added here is everywhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/setting.h"

namespace switchboard::config {

struct SettingSection {
  std::string_view name;
  std::string_view doc;
};

/// In the order in which they are printed. The `rooms` section is written [rooms.default] and
/// [rooms.NAME], the `listeners` section [listeners.NAME], the `issuers` section [issuers.NAME].
std::span<const SettingSection> setting_sections();

/// Grouped by section, in the sections' order. Built on first use, never changed.
std::span<const Setting> settings_table();

/// How the section is headed where any name will do: "limits", "rooms.default", "listeners.NAME".
std::string example_heading(std::string_view section);

/// nullptr if there is none. `section` is "rooms" for any namespace.
const Setting* find_setting(std::string_view section, std::string_view key);

/// The namespace that stands for every room without a section of its own.
inline constexpr std::string_view kDefaultNamespace = "default";

}  // namespace switchboard::config
