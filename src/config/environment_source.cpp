#include "config/environment_source.h"

#include "config/config_values.h"
#include "config/platform_variables.h"

namespace switchboard::config {

SourceReading read_environment(const std::vector<std::pair<std::string, std::string>>& environment) {
  SourceReading reading;
  for (const auto& [name, text] : environment) {
    if (!name.starts_with(kEnvironmentPrefix) || name == kConfigFileVariable) continue;
    auto address = lookup_environment_name(name);
    if (!address) {
      if (is_platform_variable(name, text)) continue;
      reading.problems.push_back({name, address.error()});
      continue;
    }
    auto value = parse_value(*address->setting, text);
    if (value) {
      reading.assignments.push_back({std::move(*address), std::move(*value), name});
    } else {
      reading.problems.push_back({name, "`" + key_of(*address) + "` " + value.error()});
    }
  }
  return reading;
}

}  // namespace switchboard::config
