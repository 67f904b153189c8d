// Settings from a TOML file.
#pragma once

#include <string>
#include <string_view>

#include "config/setting_source.h"

namespace switchboard::config {

/// Reads a TOML file of at most 1 MiB. `path` is used in messages as it is given.
SourceReading read_toml_file(const std::string& path);

/// The same for text in memory; `path` only names it.
SourceReading read_toml_text(const std::string& path, std::string_view text);

}  // namespace switchboard::config
