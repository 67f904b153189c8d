// Settings from the command line.
#pragma once

#include <vector>

#include "config/setting_source.h"

namespace switchboard::config {

/// Of one setting that is given several times, a list is all of them and anything else the last.
SourceReading read_flags(const std::vector<FlagSetting>& flags);

}  // namespace switchboard::config
