// A Config as text: a commented TOML file that parses back to the same Config, and the reference table for the manual.
#pragma once

#include <string>

#include "config/config.h"

namespace switchboard::config {

/// Every setting with its explanation, default and range.
std::string print_config(const Config& config);

/// The table of all settings as Markdown, for docs/OPERATIONS.md.
std::string print_settings_reference();

}  // namespace switchboard::config
