#include "config/flag_source.h"

#include <algorithm>

#include "config/config_values.h"

namespace switchboard::config {
namespace {

bool same_setting(const SettingAddress& a, const SettingAddress& b) {
  return a.setting == b.setting && a.name == b.name;
}

/// --listen A --listen B means both; for anything but a list the later flag wins.
void add(std::vector<SettingAssignment>& assignments, SettingAssignment next) {
  const auto earlier = std::ranges::find_if(
      assignments, [&](const SettingAssignment& assignment) { return same_setting(assignment.address, next.address); });
  auto* list = std::get_if<TextList>(&next.value);
  if (list == nullptr || earlier == assignments.end()) {
    assignments.push_back(std::move(next));
  } else {
    auto& all = std::get<TextList>(earlier->value);
    all.insert(all.end(), list->begin(), list->end());
  }
}

}  // namespace

SourceReading read_flags(const std::vector<FlagSetting>& flags) {
  SourceReading reading;
  for (const FlagSetting& flag : flags) {
    const auto dot = flag.key.rfind('.');
    if (dot == std::string::npos) {
      reading.problems.push_back({flag.spelled, "`" + flag.key + "` is not of the form SECTION.KEY"});
      continue;
    }
    auto address = lookup_setting(flag.key.substr(0, dot), flag.key.substr(dot + 1));
    if (!address) {
      reading.problems.push_back({flag.spelled, address.error()});
      continue;
    }
    auto value = parse_value(*address->setting, flag.value);
    if (value) {
      add(reading.assignments, {std::move(*address), std::move(*value), flag.spelled});
    } else {
      reading.problems.push_back({flag.spelled, "`" + key_of(*address) + "` " + value.error()});
    }
  }
  return reading;
}

}  // namespace switchboard::config
