// What one source of settings says: checked assignments and everything that is wrong with it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config_loader.h"
#include "config/setting_lookup.h"

namespace switchboard::config {

struct SettingAssignment {
  SettingAddress address;
  SettingValue value;  // of the setting's type and within its range
  std::string where;   // as in ConfigProblem
};

/// A heading such as [rooms.chat], also of an empty section.
struct SectionHeading {
  std::string section;  // "rooms", "listeners"
  std::string name;
  std::string where;
};

struct SourceReading {
  std::vector<SettingAssignment> assignments;  // later ones win
  std::vector<SectionHeading> headings;        // of the sections with names
  std::vector<ConfigProblem> problems;
};

/// Reads a TOML file of at most 1 MiB. `path` is used in messages as it is given.
SourceReading read_toml_file(const std::string& path);

/// The same for text in memory; `path` only names it.
SourceReading read_toml_text(const std::string& path, std::string_view text);

/// Every SWITCHBOARD_* variable must name a setting, except SWITCHBOARD_CONFIG and what a platform makes by itself for
/// a service called like us (server/platform_variables.h). Others are not looked at.
SourceReading read_environment(const std::vector<std::pair<std::string, std::string>>& environment);

SourceReading read_flags(const std::vector<FlagSetting>& flags);

}  // namespace switchboard::config
