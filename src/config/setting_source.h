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
  std::string section;  // "rooms", "listeners", "issuers"
  std::string name;
  std::string where;
};

struct SourceReading {
  std::vector<SettingAssignment> assignments;  // later ones win
  std::vector<SectionHeading> headings;        // of the sections with names
  std::vector<ConfigProblem> problems;
};

}  // namespace switchboard::config
