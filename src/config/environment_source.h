// Settings from environment variables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/setting_source.h"

namespace switchboard::config {

/// Every SWITCHBOARD_* variable must name a setting, except SWITCHBOARD_CONFIG and what a platform makes by itself for
/// a service called like us (platform_variables.h). Others are not looked at.
SourceReading read_environment(const std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace switchboard::config
